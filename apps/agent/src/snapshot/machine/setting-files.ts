/** Settings in directories of which one goes before the other: a file takes the place of all later ones of its name. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type IniEntry, parseIni } from './ini.js';

export interface SettingFile {
  readonly name: string;
  /** With those of its drop-ins, after its own. */
  readonly entries: readonly IniEntry[];
}

/** In the order of their names, from the first directory that has each. One that is empty only takes others' place. */
export async function settingFiles(
  directories: readonly string[],
  ending: '.link' | '.conf',
): Promise<SettingFile[]> {
  const found = await firstOfEach(directories, ending);
  const files = await Promise.all(
    found.map(async ([name, path]): Promise<SettingFile> => {
      const dropIns = await firstOfEach(
        directories.map((directory) => join(directory, `${name}.d`)),
        '.conf',
      );
      const own = await entriesOf(path);
      const added = await Promise.all(dropIns.map(([, file]) => entriesOf(file)));
      return { name, entries: own.length === 0 ? [] : [...own, ...added.flat()] };
    }),
  );
  return files.filter(({ entries }) => entries.length > 0);
}

async function firstOfEach(directories: readonly string[], ending: string): Promise<[string, string][]> {
  const paths = new Map<string, string>();
  for (const directory of directories) {
    const names = await readdir(directory).catch(() => []);
    for (const name of names)
      if (name.endsWith(ending) && !paths.has(name)) paths.set(name, join(directory, name));
  }
  return [...paths].sort(([a], [b]) => (a < b ? -1 : 1));
}

export const entriesOf = async (path: string): Promise<IniEntry[]> =>
  parseIni(await readFile(path, 'utf8').catch(() => ''));
