/** The router of real-router.ts by the evaluator: two routes, five hooks, and an answer to pings. */

import { Netfilter } from '../../src/netfilter/netfilter.js';
import { destinationAt, readHead } from '../../src/netfilter/packet-head.js';
import type { Passage } from '../../src/netfilter/passage.js';
import { addressAt } from '../../src/netfilter/tuple.js';
import { seededRandom } from '../../src/random.js';
import { answerTo, withoutHop } from './packets.js';
import { type Device, INSIDE, OUTSIDE, ROUTER_ADDRESSES, type Seen } from './real-router.js';

const LOCAL = new Set(Object.values(ROUTER_ADDRESSES).flat());

export interface Outcome {
  readonly out?: Seen;
  /** What the router is asked to answer. */
  readonly rejectWith?: string;
  readonly passages: readonly Passage[];
}

export class ModelRouter {
  /** Whether the last packet had something drawn for it, which the kernel draws otherwise. */
  hasDrawn = false;
  readonly #random = seededRandom(1);
  readonly netfilter = new Netfilter({
    random: () => {
      this.hasDrawn = true;
      return this.#random();
    },
    nowMs: () => 0,
  });

  send(iif: Device, bytes: Uint8Array): Outcome {
    this.hasDrawn = false;
    const toLocal = LOCAL.has(destinationOf(bytes));
    const incoming = this.netfilter.pass('prerouting', { packet: bytes, iif, mark: 0, toLocal });
    const passages = [incoming];
    if (incoming.verdict !== 'accept') return { passages, ...refusal(incoming) };
    const { packet, mark } = incoming;
    const destination = destinationOf(packet);
    if (LOCAL.has(destination)) return this.#receive(iif, packet, mark, passages);
    const oif = routeTo(destination);
    const forwarded = this.netfilter.pass('forward', { packet: withoutHop(packet), iif, oif, mark });
    passages.push(forwarded);
    if (forwarded.verdict !== 'accept') return { passages, ...refusal(forwarded) };
    return this.#leave(forwarded.packet, forwarded.mark, oif, passages, iif);
  }

  #leave(packet: Uint8Array, mark: number, oif: Device, passages: Passage[], iif?: Device): Outcome {
    const [v4, v6] = ROUTER_ADDRESSES[oif];
    const masqueradeSource = (packet[0]! >> 4 === 4 ? v4 : v6) as never;
    const came = iif === undefined ? {} : { iif };
    const left = this.netfilter.pass('postrouting', { packet, ...came, oif, mark, masqueradeSource });
    passages.push(left);
    return left.verdict === 'accept' ? { passages, out: { device: oif, bytes: left.packet } } : { passages };
  }

  #receive(iif: Device, packet: Uint8Array, mark: number, passages: Passage[]): Outcome {
    const received = this.netfilter.pass('input', { packet, iif, mark });
    passages.push(received);
    if (received.verdict !== 'accept') return { passages, ...refusal(received) };
    const reply = answerTo(received.packet);
    const oif = routeTo(destinationOf(reply));
    const sent = this.netfilter.pass('output', { packet: reply, oif, mark: 0 });
    passages.push(sent);
    return sent.verdict === 'accept' ? this.#leave(sent.packet, sent.mark, oif, passages) : { passages };
  }
}

const refusal = ({ rejectWith }: Passage) => (rejectWith === undefined ? {} : { rejectWith });

const destinationOf = (bytes: Uint8Array): string => {
  const head = readHead(bytes)!;
  return addressAt(head, destinationAt(head));
};

const routeTo = (destination: string): Device =>
  destination.startsWith('10.0.1.') || destination.startsWith('fd00:1::') ? INSIDE : OUTSIDE;
