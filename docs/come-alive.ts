/** Puts the site's own head in Docusaurus's place in the browser: see src/come-alive. */

import type { LoadContext, Plugin } from '@docusaurus/types';

export default function comeAlive({ siteDir }: LoadContext): Plugin {
  return {
    name: 'come-alive',
    configureWebpack: (_, isServer) =>
      isServer ? {} : { resolve: { alias: { '@docusaurus/Head': `${siteDir}/src/come-alive/head.tsx` } } },
  };
}
