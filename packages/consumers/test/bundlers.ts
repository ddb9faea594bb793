/** Each bundler as its documentation has it used: a project in, a URL of what came out of it, served on loopback. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as esbuild from 'esbuild';
import * as vite from 'vite';
import webpack from 'webpack';
import { type Served, serveFolder } from './file-server.js';

export type Bundle = (project: string) => Promise<Served>;

export const BUNDLERS: Record<string, Bundle> = {
  'vite dev': viteDev,
  'vite build': viteBuild,
  webpack: webpackBuild,
  esbuild: esbuildBuild,
};

const VITE = { configFile: false, logLevel: 'error', clearScreen: false, base: './' } as const;

export async function viteDev(root: string): Promise<Served> {
  const server = await vite.createServer({
    ...VITE,
    root,
    server: { host: '127.0.0.1', port: 0, hmr: false },
  });
  await server.listen();
  return { url: server.resolvedUrls!.local[0]!, close: () => server.close() };
}

export async function viteBuild(root: string): Promise<Served> {
  const outDir = join(root, 'vite');
  const input = ['index.html', 'own-module.html'].map((page) => join(root, page));
  await vite.build({
    ...VITE,
    root,
    build: { outDir, rolldownOptions: { input } },
    worker: { format: 'es' },
  });
  return serveFolder(outDir);
}

async function webpackBuild(context: string): Promise<Served> {
  const path = join(context, 'webpack');
  const compiler = webpack({ mode: 'production', context, entry: './main.js', output: { path } })!;
  const stats = await promisify(compiler.run.bind(compiler))();
  await promisify(compiler.close.bind(compiler))();
  const { errors, warnings } = stats!.toJson({ all: false, errors: true, warnings: true });
  if (errors!.length + warnings!.length > 0) throw new Error(JSON.stringify([errors, warnings]));
  writeFileSync(
    join(path, 'index.html'),
    '<!doctype html><link rel="icon" href="data:,"><script defer src="main.js"></script>',
  );
  return serveFolder(path);
}

async function esbuildBuild(absWorkingDir: string): Promise<Served> {
  const outdir = join(absWorkingDir, 'esbuild');
  await esbuild.build({
    absWorkingDir,
    entryPoints: ['main.js', 'worker.js'],
    outdir,
    bundle: true,
    minify: true,
    format: 'esm',
    logLevel: 'silent',
  });
  copyFileSync(join(absWorkingDir, 'index.html'), join(outdir, 'index.html'));
  return serveFolder(outdir);
}
