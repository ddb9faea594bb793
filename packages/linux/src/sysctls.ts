/** Sysctls, read and written as files. Those under net/ are those of the network namespace one is in. */
import { readFile, writeFile } from 'node:fs/promises';
import { sysctlKey } from './checked-names.js';
import type { Place } from './link-tables.js';
import { errnoOf, LinuxError } from './linux-error.js';
import type { Change, Failure, Sysctl } from './model.js';
import { runIn } from './netns.js';

const ROOT = '/proc/sys/';

/** The sysctls named, in that order; one whose file is not there (its device is not) is left out. */
export async function readSysctls(keys: readonly string[], place: Place): Promise<Sysctl[]> {
  if (keys.length === 0) return [];
  const values = place.netns === undefined ? await readOwn(keys) : await readIn(keys, place);
  return keys.flatMap((key): Sysctl[] => {
    const value = values.get(key);
    return value === undefined ? [] : [{ kind: 'sysctl', key, value }];
  });
}

async function readOwn(keys: readonly string[]): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const key of keys) {
    const text = await readFile(sysctlPath(key), 'utf8').catch(() => undefined);
    if (text !== undefined) values.set(key, text.trim());
  }
  return values;
}

async function readIn(keys: readonly string[], place: Place): Promise<Map<string, string>> {
  const { stdout } = await runIn(place.netns, ['grep', '-sH', '', ...keys.map(sysctlPath)], place);
  const lines = stdout.split('\n').flatMap((line) => /^\/proc\/sys\/([^:]+):(.*)$/.exec(line) ?? []);
  const values = new Map<string, string>();
  for (let i = 0; i + 2 < lines.length; i += 3) values.set(lines[i + 1]!, lines[i + 2]!.trim());
  return values;
}

/** Deleting a sysctl is nothing: what the kernel had before is not known. */
export async function applySysctls(changes: readonly Change[], place: Place): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const change of changes) {
    if (change.op === 'delete') continue;
    const error = await write(change.row as Sysctl, place).catch((reason: Error) => reason);
    if (error) failures.push({ change, error });
  }
  return failures;
}

async function write({ key, value }: Sysctl, place: Place): Promise<void> {
  const path = sysctlPath(key);
  try {
    if (place.netns === undefined) await writeFile(path, value);
    else await writeIn(path, value, place);
  } catch (cause) {
    if (cause instanceof LinuxError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new LinuxError({ op: 'sysctl', args: [`${key}=${value}`], errno: code, message, cause });
  }
}

async function writeIn(path: string, value: string, place: Place): Promise<void> {
  const { code, stderr } = await runIn(place.netns, ['tee', path], { ...place, input: value });
  if (code === 0) return;
  const message = stderr.trim();
  throw new LinuxError({ op: 'sysctl', args: [path.slice(ROOT.length)], errno: errnoOf(message), message });
}

const sysctlPath = (key: string): string => ROOT + sysctlKey(key);
