/** What really crosses the underlay, dissected by tshark: flannel's VXLAN, no malformed field, good checksums in and out. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture } from '@podlan/linux';
import { pcapHeader, pcapRecord } from '@podlan/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { transfer } from '../dist/lab/demo-traffic.js';
import { underlayNetns } from '../dist/lab/topology.js';
import { type Dataplane, run, TestLab } from './test-lab.js';

const DATAPLANES: Dataplane[] = ['wasm', 'kernel'];

describe.each(DATAPLANES)('%s', (dataplane) => {
  let lab: TestLab;
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'podlan-underlay-'));
    lab = await TestLab.start(dataplane, dataplane);
  });
  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  test('ICMP, UDP and TCP between pods', async () => {
    const stop = new AbortController();
    const frames = await capture({ netns: underlayNetns(lab.name), device: 'host-a', signal: stop.signal });
    const collected = collect(frames);
    await lab.in('pod-a1', 'ping', '-n', '-c', '5', '-i', '0.02', '-s', '1000', lab.address('pod-b1'));
    await transfer(lab.netns('pod-a1'), { netns: lab.netns('pod-b1'), address: lab.address('pod-b1') }, 1);
    stop.abort();
    const path = join(directory, 'underlay.pcap');
    await writeFile(path, Buffer.concat([pcapHeader(), ...(await collected)]));

    const { stdout } = await run(
      'tshark',
      ...TSHARK,
      '-r',
      path,
      ...FIELDS.flatMap((field) => ['-e', field]),
    );
    const rows = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t'));
    expect(rows.length).toBeGreaterThan(100);
    for (const [port, vni, ipStatus, udpStatus, tcpStatus, icmpStatus, malformed] of rows) {
      expect(port).toMatch(/^8472/);
      expect(vni).toBe('1');
      expect(malformed).toBe('');
      // One for the outer and one for the inner header; 1 is "good", 2 "unverified", 0 "bad".
      expect(ipStatus).toBe('1,1');
      expect(udpStatus).toMatch(/^1/);
      expect(tcpStatus + icmpStatus!).toBe('1');
    }
  });
});

const TSHARK = [
  '-n',
  '-Y',
  'vxlan',
  '-T',
  'fields',
  '-E',
  'occurrence=a',
  '-E',
  'aggregator=,',
  '-d',
  'udp.port==8472,vxlan',
  ...['ip', 'udp', 'tcp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]),
];
const FIELDS = [
  'udp.dstport',
  'vxlan.vni',
  'ip.checksum.status',
  'udp.checksum.status',
  'tcp.checksum.status',
  'icmp.checksum.status',
  '_ws.malformed',
];

async function collect(
  frames: AsyncIterable<{ timestampNs: bigint; bytes: Uint8Array }>,
): Promise<Uint8Array[]> {
  const records: Uint8Array[] = [];
  for await (const { timestampNs, bytes } of frames) records.push(pcapRecord({ timeNs: timestampNs, bytes }));
  return records;
}
