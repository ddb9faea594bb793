#!/usr/bin/env node
// Makes build/podlan-VERSION-PLATFORM-CPU.tgz: npm installs it without any registry.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundle, EPOCH, ROOT, VERSION } from './bundle.js';

const out = resolve(process.argv[2] ?? join(ROOT, 'build'));
const folder = mkdtempSync(join(tmpdir(), 'podlan-tarball-'));
const tarball = join(out, `podlan-${VERSION}-${process.platform}-${process.arch}.tgz`);
try {
  bundle(join(folder, 'package'));
  mkdirSync(out, { recursive: true });
  const same = [
    '--sort=name',
    `--mtime=@${EPOCH}`,
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=u=rwX,go=rX',
  ];
  execFileSync('tar', [...same, '--use-compress-program=gzip -n', '-cf', tarball, '-C', folder, 'package']);
} finally {
  rmSync(folder, { recursive: true });
}
console.log(tarball);
