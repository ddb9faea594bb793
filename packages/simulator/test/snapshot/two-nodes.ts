/** The sample's host and its peer, as two machines with cards on a network that no snapshot shows. */
import type { LinkSnapshot, NodeSnapshot } from '../../dist/snapshot/index.js';
import { SAMPLE } from './sample.js';

/** What is one node's, and what is its peer's in its place. */
const PAIRS = [
  ['host-a', 'host-b'],
  ['pod-a1', 'pod-b1'],
  ['192.168.77.11', '192.168.77.12'],
  ['fd00:77::11', 'fd00:77::12'],
  ['10.244.1.', '10.244.2.'],
  ['fd00:244:0:1:', 'fd00:244:0:2:'],
  ['1e:bd:af:14:66:a9', 'e2:e5:43:f9:32:0e'],
  ['2a:f1:72:04:7f:30', '16:a4:89:2f:8d:f0'],
  ['0a:58:0a:f4:01:01', '0a:58:0a:f4:02:01'],
  ['e6:59:0a:65:a5:d7', 'e6:59:0a:65:a5:d8'],
  ['76:26:59:73:73:a3', '76:26:59:73:73:a4'],
  ['aa:d9:59:f7:90:ab', 'aa:d9:59:f7:90:ac'],
  ['"netns":', '"netns":9'],
] as const;

function peerText(): string {
  const swapped = new Map<string, string>(PAIRS.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  const pattern = new RegExp(
    [...swapped.keys()]
      .sort((a, b) => b.length - a.length)
      .join('|')
      .replaceAll('.', '\\.'),
    'g',
  );
  return JSON.stringify(JSON.parse(SAMPLE)).replace(pattern, (found) => swapped.get(found)!);
}

export const cardOf = ({ namespaces: [host] }: NodeSnapshot): LinkSnapshot =>
  host!.links.find(({ ifname }) => ifname === 'eth0')!;

/** Their veths to the lab's underlay are cards. */
export function twoNodes(): [NodeSnapshot, NodeSnapshot] {
  const nodes = [SAMPLE, peerText()].map((text) => JSON.parse(text) as NodeSnapshot);
  for (const node of nodes)
    for (const key of ['linkinfo', 'link_netnsid', 'link_index'])
      delete (cardOf(node) as Record<string, unknown>)[key];
  return [nodes[0]!, nodes[1]!];
}

/** A copy of a node with other words in it, wherever they are. */
export const withWords = (
  node: NodeSnapshot,
  ...pairs: readonly (readonly [RegExp, string])[]
): NodeSnapshot =>
  JSON.parse(
    pairs.reduce((text, [words, others]) => text.replace(words, others), JSON.stringify(node)),
  ) as NodeSnapshot;
