/**
 * Tells the browser that a page needs all of the scripts it begins with, so that V8 compiles them whole, beside the main
 * thread, while they arrive; otherwise it compiles each function on the main thread at its first call.
 * https://v8.dev/blog/explicit-compile-hints
 */

import type { Plugin } from '@docusaurus/types';

/** The frame, what all pages of text share, and what Docusaurus names by a hash: the parts of routes. */
const FIRST_SCRIPTS = /assets[\\/]js[\\/](main|runtime~main|docs|[\da-f]{8})\.[^\\/]*\.js$/;

export default function compileHints(): Plugin {
  return {
    name: 'compile-hints',
    configureWebpack(_, isServer, { currentBundler }) {
      if (isServer || process.env.NODE_ENV !== 'production') return {};
      const { BannerPlugin, Compilation } = currentBundler.instance;
      const hint = new BannerPlugin({
        banner: '//# allFunctionsCalledOnLoad',
        raw: true,
        include: FIRST_SCRIPTS,
        // What makes scripts small takes comments out.
        stage: Compilation.PROCESS_ASSETS_STAGE_OPTIMIZE_SIZE + 1,
      });
      return { plugins: [hint] };
    },
  };
}
