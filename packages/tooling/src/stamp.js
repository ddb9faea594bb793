/**
 * What the last successful set-up was made from, kept inside node_modules so that `npm ci`, or a person who deletes
 * that folder, throws it away too.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { rootFile } from './workspace.js';

const STAMP = rootFile('node_modules/.podlan-setup');

export function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'));
  } catch {
    return {};
  }
}

export function writeStamp(stamp) {
  writeFileSync(STAMP, `${JSON.stringify(stamp)}\n`);
}
