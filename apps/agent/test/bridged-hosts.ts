/**
 * Namespaces on one bridge, and whether they reach one another: for real, and computed from a snapshot taken before.
 *
 *     n1 eth0 10.0.0.1, fd00:5::1 --- p1 |
 *     n2 eth0 10.0.0.2, fd00:5::2 --- p2 | br0 10.0.0.254, fd00:5::fe, in the namespace `host`
 *     n3 eth0 10.0.0.3, fd00:5::3 --- p3 |
 */
import { addNetns, deleteNetns, runIn } from '@podlan/linux';
import { probe } from '@podlan/simulator';
import { loadSnapshots, type NodeSnapshot } from '@podlan/simulator/snapshot';
import { familyOf, parseIpAddress } from '@podlan/wire';
import { captureNode } from '../dist/snapshot/capture-node.js';
import { ip, say } from './two-hosts.js';

export const MEMBERS = [1, 2, 3] as const;
export const macOf = (n: number): string => `02:00:00:00:05:0${n}`;
/** Nobody speaks of his own accord. */
const QUIET = ['net.ipv6.conf.default.router_solicitations=0', 'net.ipv6.conf.default.accept_ra=0'];

let count = 0;

export class BridgedHosts implements AsyncDisposable {
  readonly #prefix = `t${process.pid}-br${++count}`;

  /** `host`, `n1`. */
  netns(place: string): string {
    return `${this.#prefix}-${place}`;
  }

  static async make(): Promise<BridgedHosts> {
    const made = new BridgedHosts();
    for (const place of ['host', ...MEMBERS.map((n) => `n${n}`)]) {
      await addNetns(made.netns(place));
      await say(made.netns(place), 'sysctl', '-qw', ...QUIET);
    }
    const host = made.netns('host');
    await ip(host, 'link set lo up', 'link add br0 type bridge forward_delay 0', 'link set br0 up');
    await ip(host, 'addr add 10.0.0.254/24 dev br0', 'addr add fd00:5::fe/64 dev br0 nodad');
    for (const n of MEMBERS) {
      await ip(
        host,
        `link add p${n} type veth peer name eth0 address ${macOf(n)} netns ${made.netns(`n${n}`)}`,
      );
      await ip(host, `link set p${n} master br0`, `link set p${n} up`);
      const addresses = [`addr add 10.0.0.${n}/24 dev eth0`, `addr add fd00:5::${n}/64 dev eth0 nodad`];
      await ip(made.netns(`n${n}`), 'link set lo up', 'link set eth0 up', ...addresses);
    }
    return made;
  }

  /** All that was learned is forgotten. */
  async forget(): Promise<void> {
    for (const place of ['host', ...MEMBERS.map((n) => `n${n}`)]) {
      await runIn(this.netns(place), ['ip', '-4', 'neigh', 'flush', 'all']);
      await runIn(this.netns(place), ['ip', '-6', 'neigh', 'flush', 'all']);
    }
    // By the bridge: a port that is changed becomes one that forwards.
    await say(this.netns('host'), 'bridge', 'fdb', 'flush', 'dev', 'br0', 'dynamic');
  }

  async capture(): Promise<NodeSnapshot> {
    const name = (netns: string) => netns.slice(this.#prefix.length + 1);
    return captureNode({ name: 'host', netns: this.netns('host'), podName: name });
  }

  /** Whether an echo request is answered. */
  async ping(from: string, to: string): Promise<boolean> {
    const argv = ['ping', familyOf(parseIpAddress(to)!) === 4 ? '-4' : '-6', '-nqc1', '-W1', to];
    return (await runIn(this.netns(from), argv)).code === 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const place of [...MEMBERS.map((n) => `n${n}`), 'host']) await deleteNetns(this.netns(place));
  }
}

/** Whether it is answered in the network that the snapshot shows. */
export async function computedPing(snapshot: NodeSnapshot, from: string, to: string): Promise<boolean> {
  const { network } = await loadSnapshots([snapshot]);
  return probe(network.netns(from)!, { destination: parseIpAddress(to)! }).answered;
}
