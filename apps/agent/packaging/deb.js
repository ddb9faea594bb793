#!/usr/bin/env node
// Makes build/podlan_VERSION_ARCH.deb, for the machine's own architecture. It carries the Node.js that runs this script:
// Debian 12 has one that is too old, and hosts of a cluster have none. `--quick` packs it less tightly, for tests.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { SCRIPTS } from '../dist/completion/scripts.js';
import { AGENT, bundle, EPOCH, ROOT, setTimes, VERSION } from './bundle.js';
import { manualPage } from './manual-page.js';

/** Where packages of Debian look for them. */
const COMPLETIONS = {
  'usr/share/bash-completion/completions/podlan': SCRIPTS.bash,
  'usr/share/zsh/vendor-completions/_podlan': SCRIPTS.zsh,
  'usr/share/fish/vendor_completions.d/podlan.fish': SCRIPTS.fish,
};
const DEPLOYED = {
  'usr/lib/systemd/system/podlan.service': 'podlan.service',
  'usr/lib/sysusers.d/podlan.conf': 'podlan.sysusers',
  'etc/default/podlan': 'podlan.default',
};
/** Libraries that a Node.js of nodejs.org is linked to; with a distribution's own come more. */
const LIBRARIES = [
  'linux-vdso',
  'ld-linux',
  'libdl',
  'libstdc++',
  'libm',
  'libgcc_s',
  'libpthread',
  'libc',
  'libatomic',
];

function requirePlainNode() {
  const lines = execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).trim().split('\n');
  const others = lines
    .map((line) => line.trim())
    .filter((line) => !LIBRARIES.some((name) => line.replace(/^\/\S*\//, '').startsWith(name)));
  if (others.length === 0) return;
  throw new Error(
    `${process.execPath}: expected a Node.js as nodejs.org builds it, found one that also needs ${others.join(', ')}`,
  );
}

function write(root, path, content, mode = 0o644) {
  mkdirSync(dirname(join(root, path)), { recursive: true, mode: 0o755 });
  writeFileSync(join(root, path), content);
  chmodSync(join(root, path), mode);
}

/** gzip's header has a time: 0. */
const compressed = (text) => gzipSync(text, { level: 9 });

const control = (architecture, kib) => `Package: podlan
Version: ${VERSION}
Architecture: ${architecture}
Maintainer: The podlan authors <podlan@users.noreply.github.com>
Installed-Size: ${kib}
Depends: iproute2, nftables, libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 8)
Recommends: iputils-ping, util-linux
Suggests: containernetworking-plugins, etcd-server
Section: net
Priority: optional
Homepage: https://github.com/podlan/podlan
Description: pod networking for Kubernetes hosts, on a WebAssembly dataplane
 The host agent (what flanneld is to flannel), the CNI plugin, a lab that
 brings up a cluster in network namespaces, and tools that trace and check.
 Node.js is in the package.
`;

const COPYRIGHT = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Source: https://github.com/podlan/podlan
Comment: Node.js and the packages below /usr/lib/podlan/node_modules are under
 licences of their own, which lie beside them or in this folder.

Files: *
Copyright: The podlan authors
License: Apache-2.0
 On Debian systems the whole text is in /usr/share/common-licenses/Apache-2.0
`;

/** Where distributions of Node.js have its licence, from its program. */
const NODE_LICENCES = [
  '../LICENSE',
  '../share/doc/nodejs/LICENSE',
  '../share/doc/nodejs/copyright',
  '../share/doc/node/LICENSE',
];

function nodeLicence() {
  const paths = NODE_LICENCES.map((path) => join(dirname(realpathSync(process.execPath)), path));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined)
    throw new Error(
      `the licence of Node.js, which is to be in the package, is in none of ${paths.join(', ')}`,
    );
  return readFileSync(found);
}

function fill(root) {
  const home = 'usr/lib/podlan';
  bundle(join(root, home));
  copyFileSync(process.execPath, join(root, home, 'node'));
  write(root, 'usr/bin/podlan', `#!/bin/sh\nexec /${home}/node /${home}/bin/podlan.js "$@"\n`, 0o755);
  for (const [path, text] of Object.entries(COMPLETIONS)) write(root, path, text);
  for (const [path, name] of Object.entries(DEPLOYED))
    write(root, path, readFileSync(join(ROOT, 'deploy', name)));
  write(root, 'usr/share/man/man1/podlan.1.gz', compressed(manualPage(VERSION)));
  write(root, 'usr/share/doc/podlan/copyright', COPYRIGHT);
  write(root, 'usr/share/doc/podlan/NODE-LICENSE.gz', compressed(nodeLicence()));
  write(root, 'usr/share/doc/podlan/changelog.gz', compressed(readFileSync(join(AGENT, 'CHANGELOG.md'))));
  execFileSync('chmod', ['-R', 'u=rwX,go=rX', root]);
}

/** Sizes of files alone: what folders take differs from file system to file system. */
function kibIn(root) {
  const sizes = execFileSync('find', [root, '-type', 'f', '-printf', '%s\n'], { encoding: 'utf8' });
  return sizes
    .trim()
    .split('\n')
    .reduce((sum, bytes) => sum + Math.ceil(Number(bytes) / 1024), 0);
}

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean' } },
  allowPositionals: true,
});
const out = resolve(positionals[0] ?? join(ROOT, 'build'));
const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
const deb = join(out, `podlan_${VERSION}_${architecture}.deb`);
const root = mkdtempSync(join(tmpdir(), 'podlan-deb-'));
try {
  requirePlainNode();
  fill(root);
  write(root, 'DEBIAN/control', control(architecture, kibIn(root)));
  write(root, 'DEBIAN/conffiles', '/etc/default/podlan\n');
  for (const script of ['postinst', 'prerm', 'postrm']) {
    write(root, `DEBIAN/${script}`, readFileSync(join(AGENT, 'packaging/debian', script)), 0o755);
  }
  setTimes(root);
  mkdirSync(out, { recursive: true });
  const how = values.quick ? ['-Zgzip', '-z1'] : ['-Zxz'];
  execFileSync('dpkg-deb', ['--root-owner-group', ...how, '--build', root, deb], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(EPOCH) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
} finally {
  rmSync(root, { recursive: true });
}
console.log(deb);
