/** Flows as a person reads them. */
import type { IpAddress } from '@podlan/wire';
import { table } from '../table.js';
import type { LostEvent } from './flow-losses.js';
import { destinationOf, type FlowEvent, type FlowJson, type FlowReport, sourceOf } from './flow-report.js';

/** What an address is called; itself where nobody knows. */
export type NameOf = (address: IpAddress) => string;

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  58: 'icmpv6',
  132: 'sctp',
};
const HEAD = ['PROTO', 'SOURCE', 'DESTINATION', 'PEER', 'PACKETS', 'OCTETS', 'SECONDS', 'VERDICT'];

function protocolText(flow: FlowJson): string {
  const { protocolIdentifier: number } = flow;
  if (number === undefined) return '-';
  const type = flow.icmpTypeIPv4 ?? flow.icmpTypeIPv6;
  return `${PROTOCOLS[number] ?? number}${type === undefined ? '' : ` ${type}`}`;
}

function endText(address: IpAddress | undefined, port: number | undefined, nameOf: NameOf): string {
  if (address === undefined) return '-';
  const name = nameOf(address);
  if (port === undefined) return name;
  return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`;
}

function cells(flow: FlowJson, nameOf: NameOf): string[] {
  const { peerAddress = '-', packetTotalCount, octetTotalCount, verdict } = flow;
  const seconds = (flow.flowEndMilliseconds - flow.flowStartMilliseconds) / 1000;
  return [
    protocolText(flow),
    endText(sourceOf(flow), flow.sourceTransportPort, nameOf),
    endText(destinationOf(flow), flow.destinationTransportPort, nameOf),
    `${flow.flowDirection === 1 ? 'to' : 'from'} ${peerAddress}`,
    ...[String(packetTotalCount), String(octetTotalCount), seconds.toFixed(1), verdict],
  ];
}

/** Those with the most octets first. */
export function flowsText({ flows, lost }: FlowReport, nameOf: NameOf): string {
  const sorted = flows.toSorted((a, b) => b.octetTotalCount - a.octetTotalCount);
  const lines = [
    table(
      HEAD,
      sorted.map((flow) => cells(flow, nameOf)),
    ),
  ];
  if (lost.flows > 0)
    lines.push('', `${lost.flows} flows with ${lost.packets} packets ended before they could be told`);
  return lines.join('\n');
}

const firstCell = (event: string): string => event.padEnd(6);

export const eventText = (event: FlowEvent, nameOf: NameOf): string =>
  [firstCell(event.event), ...cells(event, nameOf)].join('  ');

export function lostText({
  notSentFlowTotalCount: flows,
  notSentPacketTotalCount: packets,
  notSentOctetTotalCount: octets,
}: LostEvent): string {
  return `${firstCell('lost')}  so far ${flows} events with ${packets} packets and ${octets} octets could not be told`;
}
