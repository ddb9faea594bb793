import { describe } from 'vitest';
import { type EthernetFrame, emitEthernet, type MacAddress, parseEthernet } from '../src/index.js';
import { bytesOf, testCodec } from './codec-case.js';

const mac = (text: string) => text as MacAddress;
const codec = { parse: parseEthernet, emit: emitEthernet, least: 14 };

describe('Ethernet', () => {
  testCodec<EthernetFrame>(codec, [
    {
      name: 'a frame with a payload',
      hex: `020000000002
            020000000001
            0800
            deadbeef`,
      value: {
        destination: mac('02:00:00:00:00:02'),
        source: mac('02:00:00:00:00:01'),
        etherType: 0x0800,
        payload: bytesOf('deadbeef'),
      },
    },
    {
      name: 'a broadcast without payload',
      hex: 'ffffffffffff 3aa6bccbd8d4 0806',
      value: {
        destination: mac('ff:ff:ff:ff:ff:ff'),
        source: mac('3a:a6:bc:cb:d8:d4'),
        etherType: 0x0806,
        payload: new Uint8Array(),
      },
    },
  ]);
});
