/**
 * Names in each page the chunks that it needs. Docusaurus looks for them when its script runs, so that on a slow network they
 * are asked for one round trip late.
 */

import { readFile, writeFile } from 'node:fs/promises';
import type { Plugin, RouteChunkNames } from '@docusaurus/types';
import { RouteChunks } from './src/route-chunks';

/** As Docusaurus writes it down: what a chunk is made of, and where that lies. */
interface Manifest {
  readonly origins: Readonly<Record<string, readonly string[]>>;
  readonly assets: Readonly<Record<string, { readonly js?: readonly { readonly publicPath: string }[] }>>;
}

const scriptsOf = ({ origins, assets }: Manifest, name: string): string[] =>
  (origins[name] ?? []).flatMap((id) => assets[id]?.js ?? []).map(({ publicPath }) => publicPath);

async function nameChunks(file: string, scripts: readonly string[]): Promise<void> {
  const page = await readFile(file, 'utf8');
  const end = page.indexOf('</head>');
  if (end < 0) throw new Error(`early-chunks: expected a page with a </head>, found none in ${file}`);
  const links = scripts
    .filter((script) => !page.includes(`<script src=${script} `))
    .map((script) => `<link rel=preload as=script fetchpriority=low href=${script}>`);
  await writeFile(file, page.slice(0, end) + links.join('') + page.slice(end));
}

export default function earlyChunks(): Plugin {
  return {
    name: 'early-chunks',
    async postBuild({ outDir, baseUrl, generatedFilesDir, routesPaths }) {
      const read = async <T>(name: string): Promise<T> =>
        JSON.parse(await readFile(`${generatedFilesDir}/${name}`, 'utf8'));
      const manifest = await read<Manifest>('client-manifest.json');
      const routes = new RouteChunks(await read<RouteChunkNames>('routesChunkNames.json'));
      for (const path of routesPaths) {
        const scripts = new Set(routes.of(path).flatMap((name) => scriptsOf(manifest, name)));
        if (scripts.size === 0) continue;
        await nameChunks(`${outDir}/${path.slice(baseUrl.length) || 'index'}.html`, [...scripts]);
      }
    },
  };
}
