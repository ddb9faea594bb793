// One file with everything in it: a pod waits while it is read. CommonJS, because what lies in a runtime's folder has no
// package.json beside it, and because a single executable takes nothing else.
import { chmodSync } from 'node:fs';
import { build } from 'esbuild';

const outfile = 'build/podlan-cni.cjs';
await build({
  entryPoints: ['dist/main.js'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  banner: { js: '#!/usr/bin/env node' },
  legalComments: 'none',
  logLevel: 'warning',
  // Of workers that this program never starts.
  logOverride: { 'empty-import-meta': 'silent' },
});
chmodSync(outfile, 0o755);
