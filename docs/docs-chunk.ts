/**
 * The parts of the theme that draw a page of text, in one script. Docusaurus makes a script of each, and more of what some
 * of them share: eight that every page of text has to ask for before it comes alive.
 */

import type { Plugin } from '@docusaurus/types';
import { simpleHash } from '@docusaurus/utils';

const PARTS = [
  '@theme/DocsRoot',
  '@theme/DocVersionRoot',
  '@theme/DocRoot',
  '@theme/DocItem',
  '@generated/docusaurus-plugin-content-docs/default/__plugin.json',
];

/** As Docusaurus names the scripts of its routes, in what it builds to be published. */
const NAMES = new Set(PARTS.map((part) => simpleHash(part, 8)));

const docs = {
  name: 'docs',
  chunks: ({ name }: { readonly name?: string | null }) => NAMES.has(name ?? ''),
  enforce: true,
  // Before what Docusaurus puts in one script for many pages, after its style sheet.
  priority: 45,
};

export default function docsChunk(): Plugin {
  return {
    name: 'docs-chunk',
    configureWebpack: (_, isServer) =>
      isServer ? {} : { optimization: { splitChunks: { cacheGroups: { docs } } } },
  };
}
