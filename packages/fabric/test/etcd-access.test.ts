/** etcd that lets in only who shows a certificate, and a user name and password besides. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EtcdStoreOptions, openEtcdStore } from '../src/stores/etcd/etcd.js';
import { testAttributes } from '../src/testing.js';
import { Certificates, type Identity } from './etcd/certificates.js';
import { EtcdServer } from './etcd/etcd-server.js';
import { Gateway } from './etcd/gateway.js';

const CONFIG = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };
const PREFIX = '/coreos.com/network';
const USER = { username: 'podlan', password: 'a password' };

let folder: string;
let caFile: string;
let client: Identity;
let stranger: Identity;
let etcd: EtcdServer;
let gateway: Gateway;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podlan-etcd-tls-'));
  const certificates = new Certificates(folder);
  const server = certificates.issue('server');
  ({ caFile } = certificates);
  client = certificates.issue('client');
  stranger = { certFile: join(folder, 'none.crt'), keyFile: join(folder, 'none.key') };
  etcd = await EtcdServer.start({
    scheme: 'https',
    flags: [
      '--client-cert-auth',
      `--trusted-ca-file=${caFile}`,
      `--cert-file=${server.certFile}`,
      `--key-file=${server.keyFile}`,
    ],
  });
  gateway = new Gateway(etcd.url, pemsOf(client));
});
afterAll(async () => {
  await etcd.stop();
  rmSync(folder, { recursive: true });
});

const pemsOf = ({ certFile, keyFile }: Identity) => ({
  ca: readFileSync(caFile),
  cert: readFileSync(certFile),
  key: readFileSync(keyFile),
});

/** Gives up at the first thing it would have to wait for. */
async function open(options: EtcdStoreOptions = {}) {
  const abort = new AbortController();
  const onWarning = () => abort.abort();
  return openEtcdStore({
    endpoints: etcd.urls,
    caFile,
    ...client,
    config: CONFIG,
    signal: abort.signal,
    onWarning,
    ...options,
  });
}

const request = { attributes: testAttributes(1), previous: [] };

test('who shows a certificate of its authority is let in', async () => {
  const store = await open();
  const lease = await store.acquire(request);
  expect(await store.list()).toMatchObject([{ subnets: lease.subnets }]);
  await store.release(lease);
  await store.close();
});

test('endpoints without a scheme are spoken to as the certificate says', async () => {
  const store = await open({ endpoints: etcd.urls.map((url) => url.replace('https://', '')) });
  await store.close();
});

test.each([
  ['no certificate', { certFile: undefined, keyFile: undefined }, 'unavailable'],
  ['another authority', { caFile: undefined }, 'unavailable'],
  [
    'files that are not there',
    {
      get certFile() {
        return stranger.certFile;
      },
    },
    'bad-config',
  ],
  ['a key alone', { certFile: undefined }, 'bad-config'],
])('who has %s is told', async (_name, options, code) => {
  const access = { ...options } as EtcdStoreOptions;
  await expect(open(access)).rejects.toMatchObject({ code, message: expect.stringMatching(/^etcd /) });
});

describe('with users', () => {
  beforeAll(() => askForUsers(gateway));

  test('who knows the password is let in, also after the server forgot who was', async () => {
    const store = await open(USER);
    const lease = await store.acquire(request);
    await etcd.kill();
    await etcd.restart();
    for (;;) {
      const renewed = await store.renew(lease).catch(({ code }: { code: string }) => code);
      if (renewed !== 'unavailable') {
        expect(renewed).toMatchObject({ subnets: lease.subnets });
        break;
      }
    }
    const stop = new AbortController();
    for await (const [event] of store.watch(stop.signal)) {
      expect(event).toMatchObject({ type: 'snapshot', leases: [{ subnets: lease.subnets }] });
      stop.abort();
    }
    await store.release(lease);
    await store.close();
  });

  test.each([
    ['a wrong password', { ...USER, password: 'guessed' }],
    ['no user', {}],
    ['a user without the right to these keys', { ...USER, prefix: '/other' }],
  ])('who has %s is told', async (_name, options) => {
    await expect(open(options)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('to be allowed in'),
    });
  });
});

test('a cluster that begins to ask for users lets in who has named one, and tells who has not', async () => {
  const plain = await EtcdServer.start();
  try {
    const access = { endpoints: plain.urls };
    const named = await open({ ...access, ...USER });
    const nameless = await open(access);
    const lease = await named.acquire(request);
    await askForUsers(new Gateway(plain.url));
    expect(await named.renew(lease)).toMatchObject({ subnets: lease.subnets });
    await expect(nameless.renew(lease)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('expected nobody to be allowed in'),
    });
    await Promise.all([named, nameless].map((store) => store.close()));
  } finally {
    await plain.stop();
  }
});

/** `USER` has the right to the keys below `PREFIX`. */
async function askForUsers(gateway: Gateway): Promise<void> {
  await gateway.ask('auth/user/add', { name: 'root', password: 'root' });
  await gateway.ask('auth/user/grant', { user: 'root', role: 'root' });
  await gateway.ask('auth/role/add', { name: 'flannel' });
  const range = { key: base64(`${PREFIX}/`), range_end: base64(`${PREFIX}0`) };
  await gateway.ask('auth/role/grant', { name: 'flannel', perm: { permType: 2, ...range } });
  await gateway.ask('auth/user/add', { name: USER.username, password: USER.password });
  await gateway.ask('auth/user/grant', { user: USER.username, role: 'flannel' });
  await gateway.ask('auth/enable', {});
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
