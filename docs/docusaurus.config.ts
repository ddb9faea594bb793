/** The site: Chinese by default, English beside it, every byte from its own origin. */

import { existsSync } from 'node:fs';
import type { Options as DocsOptions } from '@docusaurus/plugin-content-docs';
import type { Config } from '@docusaurus/types';
import codeBreaks from './code-breaks';
import codeTheme from './code-theme';
import colouredCode from './coloured-code';
import comeAlive from './come-alive';
import compileHints from './compile-hints';
import docsChunk from './docs-chunk';
import firstScene from './first-scene';
import joinLines from './join-lines';
import preact from './preact';
import runnableCode from './runnable-code';
import smallPages from './small-pages';

const REPOSITORY = 'https://github.com/podlan/podlan';

/** Where the site will be: a whole URL, or the path alone where the origin does not matter. */
const site = new URL(process.env.SITE_URL || '/podlan/', 'http://localhost:3000');

const docs: DocsOptions = {
  path: 'content',
  routeBasePath: 'docs',
  sidebarPath: './sidebars.ts',
  remarkPlugins: [joinLines, codeBreaks, colouredCode],
  // What pages run is the code of today, which these pages tell of; versions lie beside them.
  lastVersion: 'current',
  versions: { current: { label: 'main' } },
};

/** Nothing to choose from, until `npm run docs:version` has made one. */
const versions = existsSync(new URL('versions.json', import.meta.url))
  ? [{ type: 'docsVersionDropdown', position: 'right' } as const]
  : [];

const search = {
  language: ['en', 'zh'],
  indexBlog: false,
  indexPages: true,
  docsDir: 'content',
  // Of each page that of today, once.
  ignoreFiles: /^docs\/\d/,
  hashed: 'filename',
  highlightSearchTermsOnTargetPage: true,
  explicitSearchResultPath: true,
  searchBarShortcutHint: false,
};

const config: Config = {
  title: 'podlan',
  tagline: 'Pod networking for Kubernetes hosts on one small WebAssembly module',
  favicon: 'img/logo.svg',
  url: site.origin,
  baseUrl: site.pathname,
  trailingSlash: false,
  future: { v4: true, faster: true },

  i18n: {
    defaultLocale: 'zh-Hans',
    locales: ['zh-Hans', 'en'],
    localeConfigs: {
      'zh-Hans': { label: '简体中文', htmlLang: 'zh-Hans' },
      en: { label: 'English', htmlLang: 'en' },
    },
  },

  onBrokenLinks: 'throw',
  onBrokenAnchors: 'throw',
  onDuplicateRoutes: 'throw',
  markdown: {
    // Pages that end in .md are plain Markdown: a `<` or `{` in them is text.
    format: 'detect',
    mermaid: true,
    mdx1Compat: { headingIds: true },
    hooks: { onBrokenMarkdownLinks: 'throw', onBrokenMarkdownImages: 'throw' },
  },

  plugins: [
    ['@docusaurus/plugin-content-docs', docs],
    ['@docusaurus/plugin-content-pages', {}],
    preact,
    smallPages,
    comeAlive,
    docsChunk,
    compileHints,
    runnableCode,
    firstScene,
  ],
  clientModules: ['./src/prefetch-when-idle'],
  themes: [
    ['@docusaurus/theme-classic', { customCss: './src/css/site.css' }],
    '@docusaurus/theme-mermaid',
    ['@easyops-cn/docusaurus-search-local', search],
  ],

  themeConfig: {
    colorMode: { respectPrefersColorScheme: true },
    docs: { sidebar: { hideable: true } },
    tableOfContents: { minHeadingLevel: 2, maxHeadingLevel: 3 },
    navbar: {
      title: 'podlan',
      logo: { src: 'img/logo.svg', alt: '', width: 28, height: 28 },
      items: [
        { to: '/docs/start', label: 'Documentation', position: 'left', activeBaseRegex: '/docs/(?!api)' },
        { to: '/docs/api', label: 'API', position: 'left', activeBaseRegex: '/docs/api' },
        { to: '/playground', label: 'Playground', position: 'left' },
        { to: '/prefixes', label: 'Prefix table', position: 'left' },
        { to: '/workbench', label: 'Frame workbench', position: 'left' },
        { href: REPOSITORY, label: 'Source', position: 'right' },
        ...versions,
        { type: 'localeDropdown', position: 'right' },
      ],
    },
    footer: {
      links: [
        { label: 'Get started', to: '/docs/start' },
        { label: 'Tracing a packet', to: '/docs/trace' },
        { label: 'Architecture', to: '/docs/architecture' },
        { label: 'Source', href: REPOSITORY },
      ],
      copyright: 'Apache-2.0',
    },
    prism: {
      theme: codeTheme,
      darkTheme: codeTheme,
      // They would take lines out of the code that colouredCode has counted.
      magicComments: [],
    },
    mermaid: {
      theme: { light: 'neutral', dark: 'dark' },
      // Narrow, so that their text is not small where they are made to fit.
      options: { sequence: { width: 96, actorMargin: 20, mirrorActors: false } },
    },
  },
};

export default config;
