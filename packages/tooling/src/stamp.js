/**
 * What the last successful set-up was made from, kept inside node_modules so that `npm ci`, or a person who deletes
 * that folder, throws it away too.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { rootFile } from './workspace.js';

const STAMP = rootFile('node_modules/.podlan-setup');

/** Where npm keeps what it installed, whoever called it. */
export const hasModules = () => existsSync(rootFile('node_modules/.package-lock.json'));

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

/** What was installed from this lock: `all`, or the `demo` part; undefined where nothing was. */
export const installIn = (stamp, lock) => (stamp.lock === lock ? stamp.install : undefined);

/** What to install: for the demo its part does, but never in place of all, which others of this clone need. */
export const installFor = ({ demo, stamp, isFresh }) =>
  demo && (isFresh || stamp.install === 'demo') ? 'demo' : 'all';
