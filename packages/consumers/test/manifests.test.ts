/** What the tarballs say of themselves: linted by publint and arethetypeswrong, and the fields a registry shows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, inject, test } from 'vitest';
import { run } from './project.js';
import { PUBLISHED, ROOT, readManifest } from './tarballs.js';

const attw = join(ROOT, 'node_modules/.bin/attw');
/** No types are wrong about what is no module of JavaScript. */
const UNTYPED = ['--exclude-entrypoints', './dataplane.wasm', './package.json'];

const folderOf = (name: string) => join(ROOT, 'packages', name);

async function filesIn(tarball: string): Promise<string[]> {
  const { stdout } = await run('tar', ['-tzf', tarball]);
  return stdout
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
}

describe.each(PUBLISHED)('@podlan/%s', (name) => {
  const tarball = inject('tarballs')[`@podlan/${name}`]!;
  const manifest = readManifest(folderOf(name));

  test('publint finds nothing', async () => {
    const bytes = readFileSync(tarball);
    const { messages, pkg } = await publint({
      strict: true,
      pack: { tarball: Uint8Array.from(bytes).buffer },
    });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test('arethetypeswrong finds nothing', async () => {
    const args = [tarball, '--profile', 'esm-only', '--format', 'ascii', ...UNTYPED];
    const fault = await run(attw, args).then(
      () => undefined,
      ({ stdout, message }: Error & { stdout: string }) => stdout || message,
    );
    expect(fault).toBeUndefined();
  });

  test('says where it comes from, what it runs on and that it has no side effects', () => {
    expect(manifest).toMatchObject({
      type: 'module',
      license: 'Apache-2.0',
      sideEffects: false,
      engines: { node: '>=20.19' },
      repository: { type: 'git', directory: `packages/${name}` },
      keywords: expect.arrayContaining(['podlan']),
    });
  });

  test('carries its licence, its pages in both languages and its changelog', async () => {
    const pages = ['LICENSE', 'README.md', 'README.zh-Hans.md', 'CHANGELOG.md', 'package.json'];
    expect(await filesIn(tarball)).toEqual(expect.arrayContaining(pages));
    expect(readFileSync(join(folderOf(name), 'LICENSE'))).toEqual(readFileSync(join(ROOT, 'LICENSE')));
    expect(readFileSync(join(folderOf(name), 'CHANGELOG.md'), 'utf8')).toContain(`## ${manifest.version}\n`);
  });

  test('asks for its siblings at the version they have', () => {
    const siblings = Object.entries(manifest.dependencies ?? {}).filter(([sibling]) =>
      sibling.startsWith('@podlan/'),
    );
    for (const [sibling, range] of siblings) {
      expect(range).toBe(`^${readManifest(folderOf(sibling.replace('@podlan/', ''))).version}`);
    }
  });
});

test('wire depends on nothing, dataplane on wire alone', () => {
  expect(readManifest(folderOf('wire')).dependencies).toBeUndefined();
  expect(Object.keys(readManifest(folderOf('dataplane')).dependencies!)).toEqual(['@podlan/wire']);
});
