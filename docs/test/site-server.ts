/** Serves the built site as a static host does, under the path it was built for and nowhere else. */

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** `docs/trace` is kept as docs/trace.html, a folder as its index.html. */
function fileOf(path: string): string {
  if (path === '' || path.endsWith('/')) return `${path}index.html`;
  return extname(path) === '' ? `${path}.html` : path;
}

/** What has a hash in its name never changes. */
const lifetime = (path: string) =>
  path.includes('/assets/') ? { 'cache-control': 'max-age=31536000, immutable' } : {};

export interface ServedSite {
  /** With the base path, and a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

export async function serveSite(folder: string, basePath: string): Promise<ServedSite> {
  const server = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const file = pathname.startsWith(basePath) && fileOf(decodeURI(pathname.slice(basePath.length)));
    const body = file ? await readFile(join(folder, file)).catch(() => undefined) : undefined;
    const type = (file && TYPES[extname(file)]) || 'text/plain';
    response.writeHead(body ? 200 : 404, { 'content-type': type, ...(body && lifetime(pathname)) });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise<void>((resolve) => void server.close(() => resolve()));
  return { url: `http://127.0.0.1:${port}${basePath}`, close };
}
