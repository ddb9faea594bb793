/** A packet to every peer of a live node, and where it is seen: what the checks of reachability ask about. */
import { setMaxListeners } from 'node:events';
import { type CapturedFrame, capture, type ProbeAnswer, probe } from '@podlan/linux';
import type { NodeSnapshot } from '@podlan/simulator/snapshot';
import { dissect, familyOf, type IpAddress, isVxlanPort, layersOf } from '@podlan/wire';
import { flowOf } from '../../probe/flow.js';
import { isDirect, type PeerSide, peerSides, routesTo, vtepAddress } from '../peer-side.js';
import { linkOf, type Overlay, type Scene, scenesOf } from '../scene.js';
import type { PeerProbe, ProbeOutcome } from './peer-probe.js';

/** Each has a thread of its own. */
const AT_ONCE = 8;
/** Of a larger cluster the first tell enough, and the rest would take minutes. */
export const PEERS_MOST = 64;
const TIMEOUT_MS = 800;
/** ICMP echo, without its payload. */
const ICMP_BYTES = 8;
const SMALL_BYTES = 84;

type NetnsOf = (node: string) => string | undefined;

/** By node. Nodes without a known peer have none. */
export async function probePeers(
  snapshots: readonly NodeSnapshot[],
  netnsOf: NetnsOf,
): Promise<Map<string, readonly PeerProbe[]>> {
  const probes = new Map<string, readonly PeerProbe[]>();
  for (const scene of scenesOf(snapshots)) {
    if (scene.leases === undefined) continue;
    probes.set(scene.node, await probeFrom(scene, netnsOf(scene.node)));
  }
  return probes;
}

async function probeFrom(scene: Scene, netns: string | undefined): Promise<PeerProbe[]> {
  const device = scene.control.interface?.name;
  const sides = peerSides(scene).slice(0, PEERS_MOST);
  if (device === undefined || linkOf(scene.host, device) === undefined || sides.length === 0) return [];
  const stop = new AbortController();
  setMaxListeners(4, stop.signal);
  const seen = new Sightings();
  const frames = await capture({ netns, device, signal: stop.signal });
  const reading = seen.follow(frames);
  const probes: PeerProbe[] = [];
  try {
    for (let at = 0; at < sides.length; at += AT_ONCE) {
      const some = sides.slice(at, at + AT_ONCE);
      probes.push(...(await Promise.all(some.map((side) => probePeer(scene, side, netns, seen)))));
    }
  } finally {
    stop.abort();
    await reading;
  }
  return probes;
}

async function probePeer(
  scene: Scene,
  side: PeerSide,
  netns: string | undefined,
  seen: Sightings,
): Promise<PeerProbe> {
  const { subnet, publicIp, overlay } = side;
  const isRouted = overlay === undefined || routesTo(scene, subnet).some((route) => isDirect(side, route));
  const to = isRouted ? publicIp : vtepAddress(side);
  const device = isRouted ? scene.control.interface!.name : overlay.name;
  const mtu = linkOf(scene.host, device)!.mtu;
  const isOpaque = !isRouted && isUntelling(overlay);
  const send = (bytes: number) => outcomeOf({ netns, to, publicIp, bytes, isOpaque }, seen);
  const small = await send(SMALL_BYTES);
  const full = small.replied ? await send(podMtu(scene, mtu)) : undefined;
  return { subnet, publicIp, to, device, small, ...(full && { full }) };
}

/** What pods are told by subnet.env; without it, what the device takes. */
const podMtu = ({ control }: Scene, mtu: number): number => Math.min(control.mtu ?? mtu, mtu);

/** The udp backend's datagrams do not say what they carry, and VXLAN by a port of the cluster's own is not known for it. */
const isUntelling = ({ kind, link }: Overlay): boolean =>
  kind === 'tun' || (kind === 'vxlan' && !isVxlanPort(link.linkinfo?.info_data?.port ?? 0));

interface Sending {
  readonly netns: string | undefined;
  readonly to: IpAddress;
  readonly publicIp: IpAddress;
  readonly bytes: number;
  /** What goes over the wire does not say what it carries. */
  readonly isOpaque: boolean;
}

async function outcomeOf(
  { netns, to, publicIp, bytes, isOpaque }: Sending,
  seen: Sightings,
): Promise<ProbeOutcome> {
  const before = seen.of(to, publicIp, isOpaque);
  const payloadBytes = bytes - (familyOf(to) === 4 ? 20 : 40) - ICMP_BYTES;
  const answer = await probe({ netns, to, payloadBytes, dontFragment: true, timeoutMs: TIMEOUT_MS });
  const after = seen.of(to, publicIp, isOpaque);
  return {
    bytes,
    replied: answer.reply !== undefined,
    ...(answer.refused !== undefined && { refused: answer.refused }),
    errors: errorsOf(answer),
    leftFor: [...new Set(after.outFor.slice(before.outFor.length))],
    cameBack: after.in > before.in,
  };
}

const errorsOf = ({ errors }: ProbeAnswer): string[] =>
  errors.map(({ origin, errno, from }) => `${origin} ${errno}${from === undefined ? '' : ` from ${from}`}`);

interface Count {
  /** Frames that went out, by whom the outermost header is for. */
  readonly outFor: readonly string[];
  readonly in: number;
}

const NONE: Count = { outFor: [], in: 0 };

/** Frames at the external interface, by the address at their other end: that of the inner packet, and the outer one. */
class Sightings {
  readonly #inner = new Map<string, Count>();
  readonly #outer = new Map<string, Count>();

  async follow(frames: AsyncIterable<CapturedFrame>): Promise<void> {
    for await (const { direction, isToOthers, bytes } of frames) if (!isToOthers) this.#see(bytes, direction);
  }

  /** By the inner packet, as other packets go to the peer too; the udp backend's datagrams do not say what they carry. */
  of(to: IpAddress, publicIp: IpAddress, isOpaque: boolean): Count {
    return (isOpaque ? this.#outer.get(publicIp) : this.#inner.get(to)) ?? NONE;
  }

  #see(bytes: Uint8Array, direction: 'in' | 'out'): void {
    const flow = flowOf(bytes);
    const outer = outerEnd(bytes, direction);
    if (outer === undefined) return;
    const isEcho = flow?.protocol === 'icmp' || flow?.protocol === 'icmpv6';
    if (isEcho) countIn(this.#inner, direction === 'out' ? flow.destination : flow.source, direction, outer);
    else countIn(this.#outer, outer, direction, outer);
  }
}

function countIn(counts: Map<string, Count>, end: string, direction: 'in' | 'out', outer: string): void {
  const count = counts.get(end) ?? NONE;
  counts.set(
    end,
    direction === 'in' ? { ...count, in: count.in + 1 } : { ...count, outFor: [...count.outFor, outer] },
  );
}

function outerEnd(bytes: Uint8Array, direction: 'in' | 'out'): string | undefined {
  const ip = layersOf(dissect(bytes)).find(({ protocol }) => protocol === 'ipv4' || protocol === 'ipv6');
  const name = direction === 'out' ? 'destination' : 'source';
  const value = ip?.fields.find((field) => field.name === name)?.value;
  return value === undefined ? undefined : `${value}`;
}
