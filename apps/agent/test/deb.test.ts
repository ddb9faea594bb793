/**
 * The Debian package, installed, removed and purged by dpkg in this machine's own root, seen through an overlay whose
 * changes are in memory and go with its mount namespace. No other Node.js can be seen in it, and no systemd that runs.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VERSION } from '../dist/version.js';
import { run } from './test-lab.js';

const SCRIPT = fileURLToPath(new URL('../packaging/deb.js', import.meta.url));

let folder: string;
let deb: string;
const make = (...args: string[]): string =>
  execFileSync(process.execPath, [SCRIPT, '--quick', ...args], {
    encoding: 'utf8',
    env: { ...process.env, SOURCE_DATE_EPOCH: '1700000000' },
  }).trim();
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'podlan-deb-test-'));
  deb = make(join(folder, 'one'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the same input makes the same bytes', () => {
  const again = make(join(folder, 'two'));
  expect(readFileSync(again).equals(readFileSync(deb))).toBe(true);
});

test('all in it is root’s, readable by everyone, and of the time that was given', () => {
  const lines = execFileSync('dpkg-deb', ['-c', deb], { encoding: 'utf8' }).trim().split('\n');
  const odd = lines.filter(
    (line) => !/^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x) root\/root +\d+ 2023-11-14 22:13 \.\//.test(line),
  );
  expect(odd).toEqual([]);
  expect(lines.length).toBeGreaterThan(100);
});

/** What is said between one step and the next, by the step's name. */
async function inOverlay(steps: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const root = join(folder, 'root');
  mkdirSync(root, { recursive: true });
  const script = `set -e
mount -t tmpfs tmpfs '${root}'
mkdir '${root}/upper' '${root}/work' '${root}/all'
mount -t overlay overlay -o 'lowerdir=/,upperdir=${root}/upper,workdir=${root}/work' '${root}/all'
cd '${root}/all'
rm -f usr/bin/node usr/local/bin/node dev/null
mknod -m 666 dev/null c 1 3
mkdir -p proc && mount -t proc proc proc
cp '${deb}' podlan.deb
${Object.entries(steps)
  .map(
    ([name, step]) =>
      `echo '=== ${name}'; chroot . env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c '${step}' 2>&1 || echo "exit $?"`,
  )
  .join('\n')}`;
  const { code, stdout, stderr } = await run('unshare', '--mount', 'sh', '-c', script);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const parts = stdout.split(/^=== /m).slice(1);
  return Object.fromEntries(
    parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]),
  );
}

test('it is installed, used, removed and purged', async () => {
  const said = await inOverlay({
    node: 'command -v node || echo none',
    install: 'dpkg --force-depends -i /podlan.deb > /dev/null 2>&1 && dpkg -s podlan | grep ^Status',
    version: 'podlan --version',
    demo: 'podlan lab demo --simulate --lang en > /dev/null && echo shown',
    user: 'getent passwd podlan | cut -d: -f1,6',
    conffile: 'cat /var/lib/dpkg/info/podlan.conffiles',
    page: 'zcat /usr/share/man/man1/podlan.1.gz | grep -c "^.SS podlan"',
    state: 'mkdir -p /var/lib/podlan && touch /var/lib/podlan/leases.db',
    remove:
      'dpkg -r podlan > /dev/null && ls /usr/bin/podlan /usr/lib/podlan 2>/dev/null; ls /etc/default/podlan /var/lib/podlan',
    purge:
      'dpkg -P podlan > /dev/null; ls -d /etc/default/podlan /var/lib/podlan 2>/dev/null; getent passwd podlan; echo gone',
  });
  const { page, ...rest } = said;
  expect(rest).toEqual({
    node: 'none\n',
    install: 'Status: install ok installed\n',
    version: `${VERSION}\n`,
    demo: 'shown\n',
    user: 'podlan:/var/lib/podlan\n',
    conffile: '/etc/default/podlan\n',
    state: '',
    remove: '/etc/default/podlan\n\n/var/lib/podlan:\nleases.db\n',
    purge: 'gone\n',
  });
  expect(Number(page)).toBeGreaterThan(10);
});
