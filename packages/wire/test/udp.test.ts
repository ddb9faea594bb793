import { describe, expect, test } from 'vitest';
import { emitUdp, type IpAddress, parseUdp, type UdpDatagram } from '../src/index.js';
import { bytesOf, testCodec, testRefusals } from './codec-case.js';

const v4 = { source: '10.0.0.1' as IpAddress, destination: '10.0.0.2' as IpAddress };
const v6 = { source: 'fd00::1' as IpAddress, destination: 'fd00::2' as IpAddress };
const datagram = { sourcePort: 5000, destinationPort: 8472, payload: bytesOf('6162636465') };

function codecUnder(pseudo?: typeof v4) {
  return {
    parse: (bytes: Uint8Array) => parseUdp(bytes, pseudo),
    emit: (value: UdpDatagram, into: Uint8Array) => emitUdp(value, into, pseudo),
    least: 8,
  };
}

describe('UDP', () => {
  testCodec<UdpDatagram>(codecUnder(v4), [
    { name: 'a datagram under IPv4', hex: '1388 2118 000d 8d6a 6162636465', value: datagram },
    {
      // "If the computed checksum is zero, it is transmitted as all ones" (RFC 768).
      name: 'a datagram whose checksum comes out as zero',
      hex: '1388 2118 000a ffff b737',
      value: { ...datagram, payload: bytesOf('b737') },
    },
  ]);

  testCodec<UdpDatagram>(codecUnder(v6), [
    { name: 'a datagram under IPv6', hex: '1388 2118 000d a768 6162636465', value: datagram },
  ]);

  testCodec<UdpDatagram>(codecUnder(), [
    { name: 'a datagram without checksum', hex: '1388 2118 000d 0000 6162636465', value: datagram },
    {
      name: 'an empty datagram',
      hex: 'ffff 0000 0008 0000',
      value: { sourcePort: 65_535, destinationPort: 0, payload: bytesOf('') },
    },
  ]);

  testRefusals(codecUnder(v4), [
    ['a wrong checksum', '1388 2118 000d 8d6b 6162636465'],
    ['a length below the header', '1388 2118 0007 0000 6162636465'],
    ['a length beyond the bytes', '1388 2118 000e 0000 6162636465'],
  ]);

  test('a zero checksum says "none" on IPv4 and is an error on IPv6 (RFC 8200, section 8.1)', () => {
    const bytes = bytesOf('1388 2118 000d 0000 6162636465');
    expect(parseUdp(bytes, v4)).toEqual(datagram);
    expect(parseUdp(bytes, v6)).toBeUndefined();
  });

  test('bytes behind its own length are not its payload', () => {
    expect(parseUdp(bytesOf('1388 2118 000d 8d6a 6162636465 a5a5'), v4)).toEqual(datagram);
  });

  test.each([
    ['sourcePort', { sourcePort: 65_536 }, 'sourcePort'],
    ['payload', { payload: new Uint8Array(65_528) }, 'datagram length'],
  ])('throws for a wrong %s', (_name, wrong, message) => {
    expect(() => emitUdp({ ...datagram, ...wrong }, new Uint8Array(70_000), v4)).toThrow(message);
  });
});
