/** Serves a built site as a static host does, compressed, under the path it was built for and nowhere else. */

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/**
 * `docs/trace` is kept as docs/trace.html, a folder as its index.html.
 * @param {string} path
 */
function fileOf(path) {
  if (path === '' || path.endsWith('/')) return `${path}index.html`;
  return extname(path) === '' ? `${path}.html` : path;
}

/**
 * What has a hash in its name never changes.
 * @param {string} path
 */
const lifetime = (path) =>
  path.includes('/assets/') ? { 'cache-control': 'max-age=31536000, immutable' } : {};

/**
 * `url`: with the base path, and a slash at its end.
 * @param {string} folder
 * @param {string} basePath
 * @returns {Promise<{ readonly url: string, close(): Promise<void> }>}
 */
export async function serveSite(folder, basePath) {
  /** Of files by their names: a host compresses before it is asked. @type {Map<string, Buffer>} */
  const zipped = new Map();
  /** @param {string} file @param {Buffer} body */
  const zip = (file, body) => {
    const bytes = zipped.get(file) ?? gzipSync(body);
    zipped.set(file, bytes);
    return bytes;
  };
  const server = createServer(async ({ url = '/', headers }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const file = pathname.startsWith(basePath) && fileOf(decodeURI(pathname.slice(basePath.length)));
    const body = file ? await readFile(join(folder, file)).catch(() => undefined) : undefined;
    const type = (file && TYPES[extname(file)]) || 'text/plain';
    const zips = body !== undefined && /\bgzip\b/.test(`${headers['accept-encoding']}`);
    response.writeHead(body ? 200 : 404, {
      'content-type': type,
      ...(body && lifetime(pathname)),
      ...(zips && { 'content-encoding': 'gzip', vary: 'accept-encoding' }),
    });
    response.end(zips && file ? zip(file, body) : body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = () => /** @type {Promise<void>} */ (new Promise((resolve) => server.close(() => resolve())));
  return { url: `http://127.0.0.1:${port}${basePath}`, close };
}
