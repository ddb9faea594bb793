/**
 * Keeps what only a few pages run out of what every page loads. Docusaurus puts modules that many chunks share into one
 * chunk for all pages; Mermaid is made of many chunks itself, so that its core would come with every page of text. The
 * theme colours code in the browser, with all of Prism; here it is coloured when the site is built.
 */

import type { Plugin } from '@docusaurus/types';

const SHARED = /[\\/]node_modules[\\/](@docusaurus|@mdx-js|clsx|preact|react[\w-]*)[\\/]/;

/** The theme's module that loads Prism on every page. */
const PRISM = require.resolve('@docusaurus/theme-classic/lib/prism-include-languages');

export default function smallPages(): Plugin {
  return {
    name: 'small-pages',
    configureWebpack: (_, isServer) => ({
      resolve: { alias: { [PRISM]: false } },
      ...(!isServer && { optimization: { splitChunks: { cacheGroups: { common: { test: SHARED } } } } }),
    }),
  };
}
