/**
 * Preact in React's place in the browser: the components are the same, and React's renderer alone was two fifths of the script
 * that every page loads. Pages are still drawn by React while the site is built, and by it alone while it is written:
 * hot reloading is made for React.
 */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { LoadContext, Plugin } from '@docusaurus/types';

export default function preact({ siteDir }: LoadContext): Plugin {
  const compat = dirname(createRequire(`${siteDir}/`).resolve('preact/compat/package.json'));
  return {
    name: 'preact',
    getClientModules: () => ['./src/preact-gaps'],
    configureWebpack: (_, isServer) =>
      isServer || process.env.NODE_ENV !== 'production'
        ? {}
        : { resolve: { alias: { react: compat, 'react-dom': compat } } },
  };
}
