/** Files of /proc as they are within a namespace. */
import { runIn } from '@podlan/linux';
import type { Netns } from './tool-text.js';

/** Not more than fits a command line. */
const FILES_AT_ONCE = 2000;

/** Texts by path; a file that this kernel has not is left out. One process reads them all: there may be hundreds. */
export async function readProcFiles(netns: Netns, paths: readonly string[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const wanted = new Set(paths);
  for (let at = 0; at < paths.length; at += FILES_AT_ONCE) {
    const { stdout } = await runIn(netns, ['grep', '-sH', '', ...paths.slice(at, at + FILES_AT_ONCE)]);
    for (const line of stdout.split('\n')) {
      const path = pathBefore(line, wanted);
      if (path !== undefined) texts.set(path, `${texts.get(path) ?? ''}${line.slice(path.length + 1)}\n`);
    }
  }
  return texts;
}

/** `PATH:TEXT`: there may be colons in both, for names of devices may have them. */
function pathBefore(line: string, wanted: ReadonlySet<string>): string | undefined {
  for (let colon = line.indexOf(':'); colon >= 0; colon = line.indexOf(':', colon + 1)) {
    const path = line.slice(0, colon);
    if (wanted.has(path)) return path;
  }
  return undefined;
}
