/**
 * Keeps what only a few pages run out of what every page loads. Docusaurus puts modules that many chunks share into one
 * chunk for all pages; Mermaid is made of many chunks itself, so that its core would come with every page of text.
 */

import type { Plugin } from '@docusaurus/types';

const SHARED =
  /[\\/]node_modules[\\/](@docusaurus|@mdx-js|@easyops-cn|clsx|prism-react-renderer|react[\w-]*)[\\/]/;

export default function smallPages(): Plugin {
  return {
    name: 'small-pages',
    configureWebpack: (_, isServer) =>
      isServer ? {} : { optimization: { splitChunks: { cacheGroups: { common: { test: SHARED } } } } },
  };
}
