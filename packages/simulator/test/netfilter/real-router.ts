/**
 * A router of the real kernel, in a network namespace of its own. Its two links are TUNs that the test holds, so every byte
 * that goes in and out is known:
 *
 *     clients 10.0.1.0/24, fd00:1::/64 -- veth-in [router] out0 -- servers, and everything else
 */
import { addNetns, deleteNetns, runIn, type SlotBatch, TapDevice } from '@podlan/linux';

export const INSIDE = 'veth-in';
export const OUTSIDE = 'out0';
export type Device = typeof INSIDE | typeof OUTSIDE;

export const ROUTER_ADDRESSES: Readonly<Record<Device, readonly [v4: string, v6: string]>> = {
  [INSIDE]: ['10.0.1.1', 'fd00:1::1'],
  [OUTSIDE]: ['10.0.2.1', 'fd00:2::1'],
};

const HEADROOM = 64;
const ROOM = 2048;

const SYSCTLS = [
  'net.ipv4.ip_forward=1',
  'net.ipv6.conf.all.forwarding=1',
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=0',
  // Every rejected packet is answered.
  'net.ipv4.icmp_ratelimit=0',
  'net.ipv6.icmp.ratelimit=0',
];

export interface Seen {
  readonly device: Device;
  readonly bytes: Uint8Array;
}

export class RealRouter implements AsyncDisposable {
  readonly #netns: string;
  readonly #taps: ReadonlyMap<Device, TapDevice>;

  private constructor(netns: string, taps: ReadonlyMap<Device, TapDevice>) {
    this.#netns = netns;
    this.#taps = taps;
  }

  /** A TUN that is open stays so when its device moves into another namespace. */
  static async start(): Promise<RealRouter> {
    const netns = `netfilter-${process.pid}`;
    await addNetns(netns);
    const taps = new Map<Device, TapDevice>();
    const router = new RealRouter(netns, taps);
    for (const [i, device] of ([INSIDE, OUTSIDE] as const).entries()) {
      const name = `nf${process.pid % 100_000}-${i}`;
      await run(undefined, `ip tuntap add ${name} mode tun vnet_hdr`);
      taps.set(device, TapDevice.open(name, { type: 'tun' }));
      await run(undefined, `ip link set ${name} netns ${netns}`);
      await router.sh(`ip link set ${name} name ${device}`);
    }
    await router.sh(`sysctl -qw ${SYSCTLS.join(' ')}`, 'ip link set lo up');
    for (const device of [INSIDE, OUTSIDE] as const) {
      const [v4, v6] = ROUTER_ADDRESSES[device];
      await router.sh(
        `ip link set ${device} up`,
        `ip addr add ${v4}/24 dev ${device}`,
        `ip addr add ${v6}/64 dev ${device} nodad`,
      );
    }
    await router.sh(`ip route add default dev ${OUTSIDE}`, `ip -6 route add default dev ${OUTSIDE}`);
    return router;
  }

  async sh(...commands: readonly string[]): Promise<string> {
    return run(this.#netns, ...commands);
  }

  /** Loads a script of nft, after commands such as iptables; returns what nft then lists. */
  async load(script: string, commands: readonly string[] = []): Promise<unknown> {
    await this.sh('nft flush ruleset', ...commands);
    if (script !== '') {
      const { code, stderr } = await runIn(this.#netns, ['sh', '-c', 'cat | nft -f -'], { input: script });
      if (code !== 0) throw new Error(`${script}: ${stderr}`);
    }
    return JSON.parse(await this.sh('nft -j list ruleset'));
  }

  /** Puts a packet into a device, and waits for what comes out of any. */
  async send(device: Device, packet: Uint8Array): Promise<Seen[]> {
    this.#drain();
    const buffer = new ArrayBuffer(HEADROOM + ROOM);
    new Uint8Array(buffer).set(packet, HEADROOM);
    const headerWords = new Uint32Array(buffer, 0, 8);
    headerWords[7] = 1;
    const pieces = Uint32Array.of(HEADROOM, packet.length);
    const taken = this.#taps.get(device)!.write({ buffer, headers: 0, headerWords, pieces }, 1);
    if (taken !== 1) throw new Error(`${device} did not take the packet`);
    // The kernel is done with most packets when the write returns; answers of its own may take it a moment.
    for (let tries = 0; tries < 5; tries++) {
      const seen = this.#drain();
      if (seen.length > 0) return seen;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return [];
  }

  #drain(): Seen[] {
    return [...this.#taps].flatMap(([device, tap]) => {
      const batch = slots(16);
      const count = tap.read(batch);
      const frames = Array.from({ length: count }, (_, i) => {
        const at = i * batch.stride + batch.starts[i]!;
        return { device, bytes: new Uint8Array(batch.buffer.slice(at, at + batch.lengths[i]!)) };
      });
      return frames.filter(({ bytes }) => !isChatter(bytes));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tap of this.#taps.values()) tap.close();
    await deleteNetns(this.#netns);
  }
}

/** Router solicitations and reports of groups, which the kernel sends of its own accord. */
const isChatter = (bytes: Uint8Array): boolean =>
  bytes[0]! >> 4 === 6 && (bytes[6] === 0 || (bytes[6] === 58 && bytes[40]! >= 130));

function slots(count: number): SlotBatch {
  const stride = HEADROOM + ROOM;
  return {
    buffer: new ArrayBuffer(count * stride),
    offset: 0,
    stride,
    slots: count,
    starts: new Uint32Array(count).fill(HEADROOM),
    lengths: new Uint32Array(count),
    addresses: new Uint8Array(count * 16),
    ports: new Uint16Array(count),
    segments: new Uint32Array(count),
    classes: new Uint8Array(count),
  };
}

async function run(netns: string | undefined, ...commands: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runIn(netns, ['sh', '-ec', commands.join('\n')]);
  if (code !== 0) throw new Error(`${commands.join('; ')}: ${stderr}`);
  return stdout;
}
