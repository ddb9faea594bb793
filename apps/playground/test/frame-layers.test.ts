/** The layers of what passes a cluster's devices, and the fields of its bytes. */
import { packetAfter, SimCluster } from '@podlan/simulator';
import { describe, expect, test } from 'vitest';
import { covers, fieldAt, frameLayers, layerAt } from '../src/frame/frame-layers';
import { bytesBefore, stepAt, stepsOf } from '../src/walk/walk-steps';

async function hopsOf(backend: string) {
  const cluster = new SimCluster({ config: { Network: '10.244.0.0/16', Backend: { Type: backend } } });
  for (let i = 0; i < 2; i++) await (await cluster.join()).addPod();
  const { hops } = cluster.probe('pod-a1', { destination: cluster.pods[1]!.addresses[0]! });
  await cluster.stop();
  return hops;
}

const onUnderlay = async (backend: string) => {
  const hops = await hopsOf(backend);
  const hop = hops.find(
    ({ leg, netns, device, event }) =>
      leg === 'request' && netns === 'host-a' && device === 'eth0' && event === 'transmit',
  )!;
  const { bytes, linkType } = packetAfter(hop);
  return { bytes, layers: frameLayers(bytes, linkType) };
};

describe.each([
  ['vxlan', 'ethernet ipv4 udp vxlan ethernet ipv4 icmp data'],
  ['udp', 'ethernet ipv4 udp ipv4 icmp data'],
  ['host-gw', 'ethernet ipv4 icmp data'],
])('between hosts, %s', (backend, protocols) => {
  test('has all layers down to the ping', async () => {
    const { layers } = await onUnderlay(backend);
    expect(layers.map(({ protocol }) => protocol).join(' ')).toBe(protocols);
  });

  test('every byte has a field which covers it and lies in its layer', async () => {
    const { bytes, layers } = await onUnderlay(backend);
    for (const at of bytes.keys()) {
      const place = fieldAt(layers, at);
      expect(place, `byte ${at}`).toBeDefined();
      expect(covers(layers[place!.layer]!.fields[place!.field]!, at)).toBe(true);
      expect(layerAt(layers, at)).toBe(place!.layer);
    }
  });
});

test('steps leave out questions for MAC addresses unless they are asked for', async () => {
  const hops = await hopsOf('vxlan');
  expect(stepsOf(hops, true)).toEqual([...hops.keys()]);
  const steps = stepsOf(hops, false);
  expect(steps.length).toBeLessThan(hops.length);
  expect(steps.every((at) => hops[at]!.leg !== 'resolution')).toBe(true);
  const asked = hops.findIndex(({ leg }) => leg === 'resolution');
  expect(steps[stepAt(steps, asked)]).toBe(asked - 1);
  expect(stepAt(steps, 0)).toBe(0);
});

test('what a hop changed is told from what was changed before', async () => {
  const hops = await hopsOf('vxlan');
  const forward = hops.findIndex(({ event }) => event === 'forward');
  expect(bytesBefore(hops, forward)).toBe(hops[forward]!.before);
  expect(bytesBefore(hops, 0)).toBeUndefined();
});
