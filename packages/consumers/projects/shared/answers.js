// What every project asks of the packages: lookups of both families, one by one and by batch, and one packet through
// two forwarders.
import {
  Forwarder,
  leaveHeadroom,
  NumericRouteTable,
  RouteTable,
  slotBytes,
  slotRoom,
} from '@podlan/dataplane';
import { EtherType, emitEthernet, emitIpv4, ipToMappedBytes, parseIpAddress, parseVxlan } from '@podlan/wire';

const A = { address: '192.168.77.11', mac: '02:00:00:00:00:0a', subnet: '10.244.1.0/24' };
const B = { address: '192.168.77.12', mac: '02:00:00:00:00:0b', subnet: '10.244.2.0/24' };

async function lookups(options) {
  const routes = await RouteTable.create(options);
  routes
    .insert('10.244.0.0/16', 'cluster')
    .insert('10.244.2.0/24', 'host B')
    .insert('fd00:244::/48', { v: 6 });
  return ['10.244.2.7', '10.244.9.9', 'fd00:244::1', '192.0.2.1'].map(
    (address) => routes.lookup(address)?.value ?? null,
  );
}

async function batch(options) {
  const routes = await NumericRouteTable.from(
    [
      ['10.0.0.0/8', 1],
      ['10.244.0.0/16', 2],
    ],
    options,
  );
  return [...routes.lookupBatch(Uint32Array.of(0x0a010203, 0x0af40102), new Uint32Array(2))];
}

async function forwarderOn(own, peer, options) {
  const forwarder = await Forwarder.create({ slots: 1, capacity: 1, ...options });
  forwarder.configure({ vni: 7, mac: own.mac, networks: ['10.244.0.0/16'], subnets: [own.subnet] });
  forwarder.setTunnel(peer.subnet, peer.address, 8472);
  return forwarder;
}

function frameToB(text) {
  const payload = new TextEncoder().encode(text);
  const packet = new Uint8Array(20 + payload.length);
  const addresses = { source: parseIpAddress('10.244.1.5'), destination: parseIpAddress('10.244.2.7') };
  const fragment = { identification: 1, dontFragment: true, moreFragments: false, fragmentOffset: 0 };
  const rest = { trafficClass: 0, ttl: 64, protocol: 17, options: new Uint8Array() };
  emitIpv4({ ...addresses, ...fragment, ...rest, payload }, packet);
  const frame = new Uint8Array(14 + packet.length);
  emitEthernet({ destination: B.mac, source: A.mac, etherType: EtherType.ipv4, payload: packet }, frame);
  return frame;
}

function put(batch, bytes) {
  leaveHeadroom(batch);
  slotRoom(batch, 0).set(bytes);
  batch.lengths[0] = bytes.length;
}

async function roundTrip(options) {
  const [sender, receiver] = [await forwarderOn(A, B, options), await forwarderOn(B, A, options)];
  put(sender.tx, frameToB('from pod to pod'));
  const sent = sender.encap(1);
  const datagram = slotBytes(sender.tx, 0);
  put(receiver.rx, datagram);
  receiver.rx.addresses.set(ipToMappedBytes(parseIpAddress(A.address)));
  const delivered = receiver.decap(1);
  const text = new TextDecoder().decode(slotBytes(receiver.rx, 0).subarray(34));
  return { sent, vni: parseVxlan(datagram)?.vni, delivered, text };
}

export const answers = async (options) => ({
  lookups: await lookups(options),
  batch: await batch(options),
  roundTrip: await roundTrip(options),
});
