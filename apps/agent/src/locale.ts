/** Whether the user's language is Chinese, by the locale. */
export const isChineseLocale = (): boolean =>
  (process.env.LC_ALL || process.env.LC_MESSAGES || process.env.LANG || '').startsWith('zh');
