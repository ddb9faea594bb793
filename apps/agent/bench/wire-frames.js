/**
 * What the underlay carries: bytes from each host, and those among them in frames longer than the MTU: super-packets
 * that passed whole, which nobody has segmented. Counted where a host's veth pair ends, after its eth0 had its chance.
 */
import { runIn } from '@podlan/linux';
import { UNDERLAY_MTU, underlayNetns } from '../dist/lab/topology.js';

const TABLE = 'bench_frames';

/** nftables' names have no dash. */
const counterOf = (host, kind) => `${host.replaceAll('-', '_')}_${kind}`;

const countersOf = (host) => `
  counter ${counterOf(host, 'every')} { }
  counter ${counterOf(host, 'longer')} { }
  chain ${counterOf(host, 'sends')} {
    type filter hook ingress device "${host}" priority 0
    counter name ${counterOf(host, 'every')}
    meta length > ${UNDERLAY_MTU} counter name ${counterOf(host, 'longer')}
  }`;

async function nft(lab, argv, input) {
  const { code, stdout, stderr } = await runIn(underlayNetns(lab), ['nft', ...argv], { input });
  if (code !== 0) throw new Error(`nft ${argv.join(' ')} failed: ${stderr.trim()}`);
  return stdout;
}

export async function countFrames(lab, hosts) {
  await nft(lab, ['-f', '-'], `table netdev ${TABLE} {${[...hosts].map(countersOf).join('')}\n}\n`);
}

/** Bytes that `host` has sent so far. */
export async function sentBytes(lab, host) {
  const { nftables } = JSON.parse(await nft(lab, ['-j', 'list', 'counters', 'table', 'netdev', TABLE]));
  const bytes = (kind) =>
    nftables.find(({ counter }) => counter?.name === counterOf(host, kind)).counter.bytes;
  return { every: bytes('every'), longer: bytes('longer') };
}
