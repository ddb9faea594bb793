import { type Change, type Failure, type Kernel, type Row, rowText } from '@podlan/linux/model';
import { MemoryKernel } from '@podlan/linux/testing';
import { parseInterfaceAddress, parseIpPrefix, parseMacAddress } from '@podlan/wire';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Attachment, attachPod, CNI_CODE, CniError, detachPod } from '../src/attach.js';

const prefix = (text: string) => parseIpPrefix(text)!;
const onLink = (text: string) => parseInterfaceAddress(text)!;

const IPV6 = { address: onLink('fd00:244:1::2/64'), gateway: onLink('fd00:244:1::1/64') };

let host: MemoryKernel;
let pod: MemoryKernel;
let attachment: Attachment;

beforeEach(() => {
  host = new MemoryKernel();
  pod = new MemoryKernel({ devices: ['lo'] });
  attachment = {
    host,
    pod,
    podNetns: 'pod-a1',
    hostVeth: 'veth1',
    addresses: [{ address: onLink('10.244.1.2/24'), gateway: onLink('10.244.1.1/24') }],
    networks: [prefix('10.244.0.0/16')],
    mtu: 1450,
  };
});

/** A kernel whose nth change from now on fails, and every one after it that is no deletion. */
function failingFrom(kernel: MemoryKernel, nth: number): Kernel {
  let count = 0;
  const apply = async (changes: readonly Change[]): Promise<Failure[]> => {
    const failures = await Promise.all(
      changes.map(async (change) => {
        const fails = change.op !== 'delete' && count++ >= nth;
        return fails ? [{ change, error: new Error('no space left') }] : kernel.apply([change]);
      }),
    );
    return failures.flat();
  };
  return { snapshot: (scope) => kernel.snapshot(scope), watch: (signal) => kernel.watch(signal), apply };
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: CniError) => error.code,
  );

const withoutPeer = (row: Row) =>
  row.kind === 'link' && row.type === 'veth' ? { ...row, peer: undefined } : row;

describe('attachPod', () => {
  test('gives the host a bridge with the gateway address, and the veth end on it', async () => {
    await attachPod(attachment);
    expect(host.rows.map(withoutPeer)).toEqual([
      { kind: 'link', type: 'bridge', name: 'cni0', mtu: 1450, up: true, mac: '0a:58:0a:f4:01:01' },
      { kind: 'address', dev: 'cni0', address: '10.244.1.1/24' },
      { kind: 'sysctl', key: 'net/ipv4/ip_forward', value: '1' },
      { kind: 'link', type: 'veth', name: 'veth1', mtu: 1450, up: true, master: 'cni0', hairpin: true },
    ]);
  });

  test('gives the pod its address before the routes that need it, the networks before the default route', async () => {
    await attachPod(attachment);
    expect(pod.applied.map(({ row }) => row)).toEqual([
      { kind: 'link', type: 'veth', name: 'eth0', mtu: 1450, up: true },
      { kind: 'address', dev: 'eth0', address: '10.244.1.2/24' },
      { kind: 'route', prefix: '10.244.0.0/16', dev: 'eth0', via: '10.244.1.1' },
      { kind: 'route', prefix: '0.0.0.0/0', dev: 'eth0', via: '10.244.1.1' },
    ]);
  });

  test('makes the other end in the namespace of the pod', async () => {
    await attachPod(attachment);
    expect(host.rows).toContainEqual(expect.objectContaining({ peer: { name: 'eth0', netns: 'pod-a1' } }));
  });

  test('in IPv6 it forwards IPv6 and routes only networks of that family', async () => {
    await attachPod({
      ...attachment,
      addresses: [IPV6],
      networks: [prefix('10.244.0.0/16'), prefix('fd00:244::/48')],
    });
    expect(host.rows).toContainEqual({ kind: 'sysctl', key: 'net/ipv6/conf/all/forwarding', value: '1' });
    const routes = pod.rows.flatMap((row) => (row.kind === 'route' ? [row.prefix] : []));
    expect(routes).toEqual(['fd00:244::/48', '::/0']);
  });

  test('of two families the pod has an address and the routes of each', async () => {
    const networks = [prefix('10.244.0.0/16'), prefix('fd00:244::/48')];
    await attachPod({ ...attachment, addresses: [...attachment.addresses, IPV6], networks });
    expect(pod.rows.map(rowText)).toEqual([
      'link eth0 mtu 1450 up type veth',
      'address 10.244.1.2/24 dev eth0',
      'address fd00:244:1::2/64 dev eth0',
      'route 10.244.0.0/16 via 10.244.1.1 dev eth0',
      'route 0.0.0.0/0 via 10.244.1.1 dev eth0',
      'route fd00:244::/48 via fd00:244:1::1 dev eth0',
      'route ::/0 via fd00:244:1::1 dev eth0',
    ]);
    const gateways = host.rows.flatMap((row) => (row.kind === 'address' ? [row.address] : []));
    expect(gateways).toEqual(['10.244.1.1/24', 'fd00:244:1::1/64']);
  });

  test('a second pod finds the bridge there, and sets its MTU without touching its MAC', async () => {
    await attachPod(attachment);
    await attachPod({ ...attachment, pod: new MemoryKernel({ devices: [] }), hostVeth: 'veth2' });
    await attachPod({ ...attachment, pod: new MemoryKernel({ devices: [] }), hostVeth: 'veth3', mtu: 1400 });
    const made = host.applied.filter(({ row }) => row.kind === 'link' && row.name === 'cni0');
    expect(made.map(({ op, row }) => [op, 'mac' in row])).toEqual([
      ['add', true],
      ['replace', false],
    ]);
  });

  test('with a MAC of its own, and no way out but to the networks', async () => {
    await attachPod({ ...attachment, mac: parseMacAddress('02:00:00:00:00:07')!, defaultRoute: false });
    expect(pod.rows.map(rowText)).toEqual([
      'link eth0 address 02:00:00:00:00:07 mtu 1450 up type veth',
      'address 10.244.1.2/24 dev eth0',
      'route 10.244.0.0/16 via 10.244.1.1 dev eth0',
    ]);
  });

  test('refuses a pod that is attached already, and leaves what it has', async () => {
    await attachPod(attachment);
    const before = [host.rows, pod.rows];
    expect(await codeOf(attachPod(attachment))).toBe(CNI_CODE.ALREADY_ATTACHED);
    expect([host.rows, pod.rows]).toEqual(before);
  });

  test('refuses a bridge that carries an earlier subnet, and says how to be rid of it', async () => {
    host.put({ kind: 'link', type: 'bridge', name: 'cni0', mtu: 1450, up: true });
    host.put({ kind: 'address', dev: 'cni0', address: onLink('10.244.7.1/24') });
    const error = await attachPod(attachment).catch((caught: CniError) => caught);
    expect(error).toMatchObject({
      code: CNI_CODE.BRIDGE_CONFLICT,
      details: expect.stringContaining('found 10.244.7.1/24'),
    });
    expect(host.rows).toHaveLength(2);
  });

  test('refuses a cni0 that is no bridge', async () => {
    host.put({ kind: 'link', type: 'tap', name: 'cni0', mtu: 1450, up: true });
    expect(await codeOf(attachPod(attachment))).toBe(CNI_CODE.BRIDGE_CONFLICT);
  });

  test('a link-local address on the bridge is no conflict', async () => {
    host.put({ kind: 'link', type: 'bridge', name: 'cni0', mtu: 1450, up: true });
    host.put({ kind: 'address', dev: 'cni0', address: onLink('fe80::1/64') });
    await attachPod({ ...attachment, addresses: [IPV6] });
    expect(host.rows).toContainEqual({ kind: 'address', dev: 'cni0', address: IPV6.gateway });
  });
});

describe('when a step fails nothing half-configured stays', () => {
  test.each([0, 1, 2])('host change %i: no bridge', async (nth) => {
    expect(await codeOf(attachPod({ ...attachment, host: failingFrom(host, nth) }))).toBe(
      CNI_CODE.IO_FAILURE,
    );
    expect(host.rows.filter(({ kind }) => kind !== 'sysctl')).toEqual([]);
    expect(pod.rows).toEqual([]);
  });

  test('the veth pair: the whole bridge stays, it is the host’s', async () => {
    expect(await codeOf(attachPod({ ...attachment, host: failingFrom(host, 3) }))).toBe(CNI_CODE.IO_FAILURE);
    expect(host.rows.map(({ kind }) => kind)).toEqual(['link', 'address', 'sysctl']);
  });

  test.each([0, 1, 2, 3])('pod change %i: no veth pair', async (nth) => {
    const error = await attachPod({ ...attachment, pod: failingFrom(pod, nth) }).catch((caught) => caught);
    expect(error).toBeInstanceOf(CniError);
    expect(error.details).toContain('no space left');
    expect(error.cause).toBeInstanceOf(Error);
    expect(host.rows.filter((row) => row.kind === 'link').map(({ name }) => name)).toEqual(['cni0']);
  });

  test('a bridge that was there before is kept', async () => {
    host.put({ kind: 'link', type: 'bridge', name: 'cni0', mtu: 1450, up: true });
    expect(await codeOf(attachPod({ ...attachment, host: failingFrom(host, 0) }))).toBe(CNI_CODE.IO_FAILURE);
    expect(host.rows.map(({ kind }) => kind)).toEqual(['link']);
  });

  test('a device that no row can describe is left alone', async () => {
    const foreign: Kernel = {
      snapshot: async () => [],
      watch: (signal) => host.watch(signal),
      apply: async (changes) => {
        await host.apply(changes.filter(({ op }) => op === 'delete'));
        return changes.map((change) => ({ change, error: new Error('File exists: another kind of device') }));
      },
    };
    expect(await codeOf(attachPod({ ...attachment, host: foreign }))).toBe(CNI_CODE.IO_FAILURE);
    expect(host.applied).toEqual([]);
  });

  test('a kernel that cannot be read is an I/O failure', async () => {
    const unreadable: Kernel = {
      ...failingFrom(host, 0),
      snapshot: () => Promise.reject(new Error('no rights')),
    };
    expect(await codeOf(attachPod({ ...attachment, host: unreadable }))).toBe(CNI_CODE.IO_FAILURE);
  });
});

describe('detachPod', () => {
  test('takes the veth pair away and keeps the bridge', async () => {
    await attachPod(attachment);
    await detachPod({ host, hostVeth: 'veth1' });
    expect(host.rows.map(({ kind }) => kind)).toEqual(['link', 'address', 'sysctl']);
  });

  test('twice is no error', async () => {
    await detachPod({ host, hostVeth: 'veth1' });
    await detachPod({ host, hostVeth: 'veth1' });
    expect(host.rows).toEqual([]);
  });
});
