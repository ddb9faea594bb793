/** Makes the script of the worker that runs the site's code: the runner, and every package that code can import. */

import type { LoadContext, Plugin } from '@docusaurus/types';
import { build } from 'esbuild';
import { ENTRIES } from './src/runnable/entries';

/** One bundle, so that a class is the same by whichever name it was imported. */
const source = [
  ...ENTRIES.map((name, index) => `import * as entry${index} from '${name}';`),
  "import { serve } from './src/runnable/worker/serve';",
  `serve({ ${ENTRIES.map((name, index) => `'${name}': entry${index}`).join(', ')} });`,
].join('\n');

async function workerScript(siteDir: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: siteDir, sourcefile: 'worker.js' },
    bundle: true,
    write: false,
    minify: true,
    keepNames: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'warning',
  });
  return outputFiles[0]!.text;
}

export default function runnableCode({ siteDir }: LoadContext): Plugin {
  return {
    name: 'runnable-code',
    loadContent: () => workerScript(siteDir),
    async contentLoaded({ content, actions }) {
      await actions.createData('worker.js', `export default ${JSON.stringify(content)};\n`);
    },
    getPathsToWatch: () => [`${siteDir}/src/runnable/worker/*.ts`, `${siteDir}/src/runnable/entries.ts`],
  };
}
