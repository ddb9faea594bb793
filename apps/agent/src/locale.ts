/** Whether the user's language is Chinese, by the locale: LC_ALL, LC_MESSAGES, LANG. */
export const isChineseLocale = ({ LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv = process.env): boolean =>
  (LC_ALL || LC_MESSAGES || LANG || '').startsWith('zh');
