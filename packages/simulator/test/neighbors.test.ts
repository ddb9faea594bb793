/** Who has an address: what is asked and answered on the link, and how long an answer is believed. */
import { BROADCAST_MAC, parseArp, parseEthernet, parseIcmpv6, parseIpv6 } from '@podlan/wire';
import { expect, test } from 'vitest';
import { probe, type Switch } from '../src/index.js';
import { ip, Links, mac } from './links.js';

/** Two hosts on one link. */
function pair(): { links: Links; link: Switch } {
  const links = new Links();
  const link = links.link();
  links.plug('a', 'eth0', link, '10.0.0.1/24', 'fd00::1/64');
  links.plug('b', 'eth0', link, '10.0.0.2/24', 'fd00::2/64');
  return { links, link };
}

const macOf = (links: Links, name: string) => links.netns(name).device('eth0')!.mac;
const ping = (links: Links, destination: string) => probe(links.netns('a'), { destination: ip(destination) });
const stateOf = (links: Links, address: string) => links.netns('a').neighbors.get('eth0', ip(address))?.state;

test('ARP asks all and answers one', () => {
  const { links } = pair();
  expect(ping(links, '10.0.0.2').answered).toBe(true);
  const [request, reply] = links.frames.map((bytes) => parseEthernet(bytes)!);
  const [a, b] = [macOf(links, 'a'), macOf(links, 'b')];
  expect(request).toMatchObject({ destination: BROADCAST_MAC, source: a });
  expect(parseArp(request!.payload)).toMatchObject({
    ...{ operation: 1, senderMac: a, senderIp: '10.0.0.1', targetIp: '10.0.0.2' },
  });
  expect(reply).toMatchObject({ destination: a, source: b });
  expect(parseArp(reply!.payload)).toMatchObject({
    ...{ operation: 2, senderMac: b, senderIp: '10.0.0.2', targetMac: a, targetIp: '10.0.0.1' },
  });
});

test('neighbor solicitation asks the group of the address, and the advertisement answers it', () => {
  const { links } = pair();
  expect(ping(links, 'fd00::2').answered).toBe(true);
  const messages = links.frames.slice(0, 2).map((bytes) => {
    const { destination, payload } = parseEthernet(bytes)!;
    const packet = parseIpv6(payload)!;
    return { mac: destination, ...packet, message: parseIcmpv6(packet.payload, packet) };
  });
  expect(messages[0]).toMatchObject({
    ...{ mac: '33:33:ff:00:00:02', destination: 'ff02::1:ff00:2', hopLimit: 255 },
    message: { kind: 'neighbor-solicitation', target: 'fd00::2' },
  });
  expect(messages[1]).toMatchObject({
    ...{ mac: macOf(links, 'a'), source: 'fd00::2', hopLimit: 255 },
    message: { kind: 'neighbor-advertisement', target: 'fd00::2', solicited: true, override: true },
  });
});

test.each(['10.0.0.9', 'fd00::9'])(
  'whoever does not answer three questions, a second apart, is given up: %s',
  (nobody) => {
    const { links } = pair();
    const result = ping(links, nobody);
    expect(result).toMatchObject({ answered: false, lost: { reason: 'neighbor-unresolved', atMs: 3000 } });
    expect(links.frames).toHaveLength(3);
    expect(stateOf(links, nobody)).toBe('failed');
  },
);

test('an entry that is used after half a minute is asked for again, alone, while packets go on', () => {
  const { links } = pair();
  ping(links, '10.0.0.2');
  expect(stateOf(links, '10.0.0.2')).toBe('reachable');
  links.clock.at(31_000, () => {});
  links.clock.run();
  links.frames.length = 0;
  expect(ping(links, '10.0.0.2').answered).toBe(true);
  expect(stateOf(links, '10.0.0.2')).toBe('probe');
  links.clock.run(10_000);
  expect(stateOf(links, '10.0.0.2')).toBe('reachable');
  const asked = links.frames
    .map((bytes) => parseEthernet(bytes)!)
    .filter(({ etherType }) => etherType === 0x0806);
  expect(asked.map(({ destination }) => destination)).toContain(macOf(links, 'b'));
  expect(asked.map(({ destination }) => destination)).not.toContain(BROADCAST_MAC);
});

test('of two who answer the first is believed for a second, and the next one after', () => {
  const { links, link } = pair();
  links.plug('c', 'eth0', link, '10.0.0.2/24');
  ping(links, '10.0.0.2');
  links.clock.run(100);
  const entry = links.netns('a').neighbors.get('eth0', ip('10.0.0.2'));
  expect(entry?.mac).toBe(macOf(links, 'b'));
  links.clock.at(1500, () => {});
  links.clock.run();
  links
    .netns('a')
    .neighbors.hear(links.netns('a').device('eth0')!, ip('10.0.0.2'), macOf(links, 'c'), true, false);
  expect(entry?.mac).toBe(macOf(links, 'c'));
});

test('a permanent entry is asked about never, and believed against all answers', () => {
  const { links } = pair();
  const { neighbors, device } = {
    neighbors: links.netns('a').neighbors,
    device: links.netns('a').device('eth0')!,
  };
  neighbors.set(device, ip('10.0.0.2'), mac('02:00:00:00:00:99'), 'permanent');
  neighbors.hear(device, ip('10.0.0.2'), macOf(links, 'b'), true, true);
  ping(links, '10.0.0.2');
  expect(parseEthernet(links.frames[0]!)?.destination).toBe('02:00:00:00:00:99');
  expect(links.frames).toHaveLength(1);
});
