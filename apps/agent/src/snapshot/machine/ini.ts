/** Files of settings in sections, as systemd and GLib read them. */

export interface IniEntry {
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

/** In their order. A backslash at the end joins a line with the next; `#` and `;` begin a comment. */
export function parseIni(text: string): IniEntry[] {
  const entries: IniEntry[] = [];
  let section = '';
  for (const line of joined(text).split(/\r?\n/)) {
    const trimmed = line.trim();
    if (trimmed === '' || /^[#;]/.test(trimmed)) continue;
    const heading = /^\[([^\]]+)\]$/.exec(trimmed)?.[1];
    if (heading !== undefined) section = heading;
    const [, key, value = ''] = /^([^=[][^=]*?)\s*=\s*(.*)$/.exec(trimmed) ?? [];
    if (key !== undefined) entries.push({ section, key, value });
  }
  return entries;
}

/** Comments between joined lines are passed over. */
const joined = (text: string): string => text.replace(/\\\r?\n(?:[ \t]*[#;].*\r?\n)*/g, ' ');

/** Of a pattern as in a shell: `*`, `?` and `[a-z]`. */
export function globMatches(pattern: string, text: string): boolean {
  const source = pattern.replace(/\[!?[^\]]+\]|[\s\S]/g, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    if (part.length > 1) return part.replace(/^\[!/, '[^').replace(/\\/g, '\\\\');
    return part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  });
  return new RegExp(`^${source}$`).test(text);
}
