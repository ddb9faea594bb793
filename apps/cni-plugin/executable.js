#!/usr/bin/env node
// Makes build/podlan-cni: Node.js and the plugin in one executable, for hosts that have no Node.js.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const { inject } = createRequire(import.meta.url)('postject');
const at = (name) => fileURLToPath(new URL(`build/${name}`, import.meta.url));

const main = at('executable.cjs');
const blob = at('executable.blob');
const config = at('executable.json');
const executable = at('podlan-cni');

// Node.js reads the first line of a program of its own, not of one inside it.
writeFileSync(main, readFileSync(at('podlan-cni.cjs'), 'utf8').replace(/^#!.*\n/, ''));
writeFileSync(
  config,
  JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true, useCodeCache: true }),
);
execFileSync(process.execPath, ['--experimental-sea-config', config], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
// A file that runs can't be written, but it can be replaced.
rmSync(executable, { force: true });
copyFileSync(process.execPath, executable);
await inject(executable, 'NODE_SEA_BLOB', readFileSync(blob), {
  sentinelFuse: 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
});
chmodSync(executable, 0o755);
for (const file of [main, blob, config]) rmSync(file);
console.log(executable);
