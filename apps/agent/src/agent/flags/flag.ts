/**
 * One flag of the agent. Each can be given as an environment variable too, as flanneld's: `--etcd-prefix` is
 * FLANNELD_ETCD_PREFIX; the flag wins.
 */
import { Option } from 'commander';
import { parseBoolean } from './flag-values.js';

type Parse<T> = (flag: string, text: string) => T;

/** `syntax`: `--name <value>`. `parse` is told the flag's name, for its complaint. */
export function flag<T>(syntax: string, description: string, parse: Parse<T>): Option {
  const name = nameOf(syntax);
  return withVariable(new Option(syntax, description), name).argParser((text) => parse(name, text));
}

/** A flag that can be given several times; its environment variable holds one value. */
export function repeatable<T>(syntax: string, description: string, parse: Parse<T>): Option {
  const name = nameOf(syntax);
  const collect = (text: string, before: readonly T[]) => [...before, parse(name, text)];
  return withVariable(new Option(syntax, description), name).default([], '').argParser(collect);
}

/** `--name`, `--name=true` and `--name=false`, as Go's flags are. */
export function onOff(name: string, description: string, byDefault: boolean): Option {
  const option = new Option(`${name} [true|false]`, description).preset('true').default(byDefault);
  return withVariable(option, name).argParser((text) => parseBoolean(name, text));
}

export const asText = (_flag: string, text: string): string => text;

const nameOf = (syntax: string): string => syntax.split(' ')[0]!;

/** A variable that is set to nothing counts as not set, as in flanneld. */
function withVariable(option: Option, name: string): Option {
  const variable = `FLANNELD${name.slice(1).replaceAll('-', '_').toUpperCase()}`;
  return process.env[variable] === '' ? option : option.env(variable);
}
