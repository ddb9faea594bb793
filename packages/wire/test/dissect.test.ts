import { describe, expect, test } from 'vitest';
import { type DissectedLayer, dissect, layersOf, type ProtocolName, summarize } from '../src/index.js';
import { bytesOf } from './codec-case.js';

const MACS = '020000000002 020000000001';
const UDP = '1388 0035 000d 0000 6162636465';
const FRAME = `${MACS} 0800 45 b8 0021 1234 4000 40 11 13de 0a000001 0a000002 ${UDP}`;
const A = 'fd000000000000000000000000000001';
const B = 'fd000000000000000000000000000002';
const IPV6 = (payloadLength: string, next: string) =>
  `${MACS} 86dd 60000000 ${payloadLength} ${next} 40 ${A} ${B}`;

function layer(hex: string, protocol: ProtocolName): DissectedLayer {
  return layersOf(dissect(bytesOf(hex))).find((candidate) => candidate.protocol === protocol)!;
}

describe('a frame', () => {
  test('is layers with their places', () => {
    const places = layersOf(dissect(bytesOf(FRAME))).map(({ protocol, offset, length }) => [
      protocol,
      offset,
      length,
    ]);
    expect(places).toEqual([
      ['ethernet', 0, 14],
      ['ipv4', 14, 20],
      ['udp', 34, 8],
      ['data', 42, 5],
    ]);
  });

  test('has fields with name, value, place, note and RFC', () => {
    expect(layer(FRAME, 'ipv4').fields).toContainEqual({
      ...{ name: 'protocol', value: 17, offset: 23, length: 1 },
      ...{ note: 'udp', rfc: 'RFC 791, section 3.1' },
    });
    expect(layer(FRAME, 'udp').fields.at(-1)).toMatchObject({ name: 'checksum', value: 0, note: 'none' });
  });

  test('is one line of text', () => {
    expect(summarize(bytesOf(FRAME))).toBe('IP 10.0.0.1 > 10.0.0.2: UDP 5000 > 53, length 5');
  });

  test('without a link header begins with IP of either family', () => {
    expect(summarize(bytesOf(FRAME).subarray(14), 'raw')).toBe(
      'IP 10.0.0.1 > 10.0.0.2: UDP 5000 > 53, length 5',
    );
    expect(summarize(bytesOf(IPV6('0000', '3b')).subarray(14), 'raw')).toBe('IP6 fd00::1 > fd00::2');
  });

  test('with padding keeps it out of the payload', () => {
    expect(layer(`${FRAME} a5a5a5`, 'data').length).toBe(5);
  });

  test('with an 802.1Q tag shows the tag and goes on', () => {
    const tagged = FRAME.replace('0800', '8100 a00a 0800');
    expect(layer(tagged, 'vlan').fields.slice(0, 3)).toMatchObject([
      { name: 'priority', value: 5 },
      { name: 'drop eligible', value: false },
      { name: 'id', value: 10 },
    ]);
    expect(summarize(bytesOf(tagged))).toBe('vlan 10: IP 10.0.0.1 > 10.0.0.2: UDP 5000 > 53, length 5');
  });

  test('of an unknown type is data', () => {
    expect(summarize(bytesOf(`${MACS} 88cc deadbeef`))).toBe(
      '02:00:00:00:00:01 > 02:00:00:00:00:02, type 0x88cc',
    );
  });
});

const VXLAN = '1388 2118 0024 0000';
const tunnel = (vxlan: string) =>
  `${MACS} 0800 45 00 0038 1234 4000 40 11 147f 0a000001 0a000002 ${VXLAN} ${vxlan} ${MACS} 88cc deadbeef0000`;
const tcp = (header: string) => `${MACS} 0800 45 00 0028 1234 4000 40 06 149a 0a000001 0a000002 ${header}`;
const icmpv6 = (length: string, message: string) => `${IPV6(length, '3a')} ${message}`;

describe('says what is wrong', () => {
  test.each<[string, string, ProtocolName, string]>([
    ['a short frame', '020000', 'ethernet', 'Ethernet header needs 14 bytes, 3 are there'],
    ['a short IPv4 header', `${MACS} 0800 4500`, 'ipv4', 'IPv4 header needs 20 bytes, 2 are there'],
    ['a frame that ends after its type', `${MACS} 0800`, 'ipv4', 'IPv4 header needs 20 bytes, 0 are there'],
    ['the wrong version', FRAME.replace('45 b8', '65 b8'), 'ipv4', 'version is 6, not 4'],
    ['a header below 20 bytes', FRAME.replace('45 b8', '44 b8'), 'ipv4', 'header length 16 is below 20'],
    [
      'a header beyond the packet',
      FRAME.replace('45 b8', '4f b8'),
      'ipv4',
      'IPv4 header needs 60 bytes, 33 are there',
    ],
    ['a wrong IPv4 checksum', FRAME.replace('13de', '13df'), 'ipv4', 'checksum is wrong'],
    [
      'a total length beyond the frame',
      FRAME.replace('0021', '0022'),
      'ipv4',
      'total length is 34 bytes, 33 are there',
    ],
    [
      'a total length below the header',
      FRAME.replace('0021', '0013'),
      'ipv4',
      "total length 19 is below the header's 20 bytes",
    ],
    ['a set reserved flag', FRAME.replace('4000', 'c000'), 'ipv4', 'reserved flag is set'],
    [
      'a UDP length beyond the packet',
      FRAME.replace('000d', '000e'),
      'udp',
      'length is 14, 13 bytes are there',
    ],
    [
      'a UDP length below its header',
      FRAME.replace('000d', '0007'),
      'udp',
      'length is 7, 13 bytes are there',
    ],
    ['a wrong UDP checksum', FRAME.replace('000d 0000', '000d 0001'), 'udp', 'checksum is wrong'],
    ['no UDP checksum on IPv6', `${IPV6('000d', '11')} ${UDP}`, 'udp', 'checksum is wrong'],
    [
      'VXLAN without a valid VNI',
      tunnel('00000000 00000100'),
      'vxlan',
      'the I flag is not set, so the VNI is not valid',
    ],
    ['a short ARP packet', `${MACS} 0806 0001`, 'arp', 'ARP header needs 28 bytes, 2 are there'],
    [
      ...(['ARP for other hardware', `${MACS} 0806 0006 0800 06 04 0001 ${'00'.repeat(20)}`] as const),
      ...(['arp', 'not ARP for IPv4 over Ethernet'] as const),
    ],
    [
      ...(['a TCP header below 20 bytes', tcp('1389 1f90 00000001 00000000 4002 0fa0 0000 0000')] as const),
      ...(['tcp', 'header length is 16, expected 20 to 20'] as const),
    ],
    [
      ...(['an extension header beyond the packet', `${IPV6('0008', '00')} 11 02 050200000100`] as const),
      ...(['ipv6-extension', 'extension hopByHop header needs 24 bytes, 8 are there'] as const),
    ],
    [
      ...([
        'an ND option of length zero',
        icmpv6('0020', `87 00 0000 00000000 ${B} 01 00 020000000001`),
      ] as const),
      ...(['icmpv6', 'an option has length zero or leaves the message'] as const),
    ],
    [
      'a cut solicitation',
      icmpv6('0008', '87 00 0000 00000000'),
      'icmpv6',
      'neighbor discovery header needs 24 bytes, 8 are there',
    ],
  ])('about %s', (_name, hex, protocol, problem) => {
    expect(layer(hex, protocol).problems).toContain(problem);
    expect(summarize(bytesOf(hex))).toContain(problem);
  });

  test('and nothing about the right frame', () => {
    expect(layersOf(dissect(bytesOf(FRAME))).flatMap(({ problems }) => problems)).toEqual([]);
  });

  test('and nothing about a quote that is cut short, as RFC 792 allows', () => {
    const quoted = '45 00 0054 0001 4000 40 06 26a1 0a000001 0a000002 1389 1f90 00000007';
    const error = `0b 00 0000 00000000 ${quoted}`;
    const frame = bytesOf(`${MACS} 0800 45 00 0038 1234 4000 40 01 148f 0a000002 0a000001 ${error}`);
    const problems = layersOf(dissect(frame)).map((found) => [found.protocol, ...found.problems]);
    expect(problems).toEqual([['ethernet'], ['ipv4'], ['icmp', 'checksum is wrong'], ['ipv4'], ['tcp']]);
    expect(summarize(frame)).toContain('TCP 5001 > 8080 seq 7');
  });
});

test('tags inside tags inside tags end somewhere', () => {
  const tag = '8100 000a'.replace(' ', '');
  const frame = bytesOf(`${MACS.replaceAll(' ', '')}${tag.repeat(100)}0800`);
  const layers = layersOf(dissect(frame));
  expect(layers.length).toBeLessThan(64);
  expect(layers.at(-1)).toMatchObject({ protocol: 'data' });
});
