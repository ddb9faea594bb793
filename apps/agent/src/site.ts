/** Where the site is: `homepage` of package.json, the only place that states it. Chinese lies at its root. */
import { readFileSync } from 'node:fs';
import { isChineseLocale } from './locale.js';

const { homepage } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  homepage: string;
};

/** Of a page, such as `course/flannel#device`, in the user's language. */
export const siteAddress = (page: string, isChinese = isChineseLocale()): string =>
  new URL(`${isChinese ? '' : 'en/'}docs/${page}`, homepage).href;
