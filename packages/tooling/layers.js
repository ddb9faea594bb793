#!/usr/bin/env node
/** Checks every import against the layer table in src/layers.js; prints each that goes the wrong way. */
import { violations } from './src/layers.js';
import { root } from './src/workspace.js';

const found = violations(root);
for (const { file, specifier, reason } of found)
  console.error(`${file}: import of '${specifier}': ${reason}`);
if (found.length > 0)
  console.error(`\n${found.length} import(s) against the layers of packages/tooling/src/layers.js`);
process.exitCode = found.length > 0 ? 1 : 0;
