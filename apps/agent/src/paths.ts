/** Where podlan keeps what must not outlive a boot. Never a path in /tmp that someone else could take first. */
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** `/run/podlan` for root, `$XDG_RUNTIME_DIR/podlan` or `~/.local/state/podlan` for anyone else. */
export function runtimeDirectory(): string {
  if (process.env.PODLAN_RUNTIME_DIR) return process.env.PODLAN_RUNTIME_DIR;
  if (process.getuid?.() === 0) return '/run/podlan';
  return join(process.env.XDG_RUNTIME_DIR ?? join(homedir(), '.local', 'state'), 'podlan');
}

export function defaultSocketPath(name: string): string {
  return join(runtimeDirectory(), `${name}.sock`);
}

/** Makes the directory and its parents; the last one is for its owner only. */
export function makePrivateDirectory(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
}
