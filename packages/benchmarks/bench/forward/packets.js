/** The cluster the forwarders stand in, and a packet for every slot, each to or from a random node of it. */
import { EtherType, emitEthernet, emitIpv4, emitVxlan } from '@podlan/wire';
import { randomOf } from '../../tables/random.js';

export const SLOTS = 128;
export const SLOT_BYTES = 2048;
const NODES = 200;
const OUR_POD = '10.244.1.5';
const EMPTY = new Uint8Array();

const nodes = Array.from({ length: NODES }, (_, node) => ({
  prefix: `10.244.${node + 2}.0/24`,
  remote: `192.168.77.${node + 2}`,
  port: 8472,
}));

export const SETTINGS = {
  vni: 1,
  mac: '02:00:00:00:00:0a',
  networks: ['10.244.0.0/16'],
  subnets: ['10.244.1.0/24'],
  tunnels: nodes,
};

const random = randomOf(2);

function frameOf(source, destination, bytes) {
  const packet = new Uint8Array(bytes - 14);
  const rest = { protocol: 17, ttl: 63, trafficClass: 0, identification: 0, options: EMPTY };
  const fragment = { dontFragment: true, moreFragments: false, fragmentOffset: 0 };
  const payload = Uint8Array.from({ length: bytes - 34 }, () => random(256));
  emitIpv4({ source, destination, payload, ...rest, ...fragment }, packet);
  const frame = new Uint8Array(bytes);
  const macs = { destination: SETTINGS.mac, source: '02:00:00:00:00:0b' };
  emitEthernet({ ...macs, etherType: EtherType.ipv4, payload: packet }, frame);
  return frame;
}

function datagramOf(frame) {
  const datagram = new Uint8Array(8 + frame.length);
  emitVxlan({ vni: SETTINGS.vni, payload: frame }, datagram);
  return datagram;
}

/** A node, and one of its pods. */
function somewhere() {
  const node = nodes[random(NODES)];
  return { ...node, pod: node.prefix.replace('.0/24', `.${random(256)}`) };
}

const fill = (make) => Array.from({ length: SLOTS }, make);

/** Per direction: which slots it is about, and packets whose inner frames have that many bytes. */
export const DIRECTIONS = {
  encap: {
    batch: 'tx',
    packets: (bytes) => fill(() => ({ bytes: frameOf(OUR_POD, somewhere().pod, bytes) })),
  },
  decap: {
    batch: 'rx',
    packets: (bytes) =>
      fill(() => {
        const { pod, remote } = somewhere();
        return { bytes: datagramOf(frameOf(pod, OUR_POD, bytes)), remote };
      }),
  },
};
