import { describe, expect, test } from 'vitest';
import { type ArpPacket, emitArp, type IpAddress, type MacAddress, parseArp } from '../src/index.js';
import { testCodec, testRefusals } from './codec-case.js';

const codec = { parse: parseArp, emit: emitArp, least: 28 };
const request: ArpPacket = {
  operation: 1,
  senderMac: '02:00:00:00:00:01' as MacAddress,
  senderIp: '10.0.0.1' as IpAddress,
  targetMac: '00:00:00:00:00:00' as MacAddress,
  targetIp: '10.0.0.2' as IpAddress,
};

describe('ARP', () => {
  testCodec<ArpPacket>(codec, [
    {
      name: 'a request',
      hex: '0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002',
      value: request,
    },
    {
      name: 'a reply',
      hex: '0001 0800 06 04 0002 020000000002 0a000002 020000000001 0a000001',
      value: {
        operation: 2,
        senderMac: '02:00:00:00:00:02' as MacAddress,
        senderIp: '10.0.0.2' as IpAddress,
        targetMac: '02:00:00:00:00:01' as MacAddress,
        targetIp: '10.0.0.1' as IpAddress,
      },
    },
  ]);

  testRefusals(codec, [
    ['hardware that is not Ethernet', '0006 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002'],
    ['a protocol that is not IPv4', '0001 86dd 06 04 0001 020000000001 0a000001 000000000000 0a000002'],
    ['a hardware size of 8', '0001 0800 08 04 0001 020000000001 0a000001 000000000000 0a000002'],
    ['a protocol size of 16', '0001 0800 06 10 0001 020000000001 0a000001 000000000000 0a000002'],
  ]);

  test('throws for an IPv6 address, which ARP cannot carry', () => {
    const bad = { ...request, targetIp: 'fd00::1' as IpAddress };
    expect(() => emitArp(bad, new Uint8Array(28))).toThrow('expected an IPv4 address, got fd00::1');
  });
});
