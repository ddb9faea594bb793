/** Which features a device has, and which of them are on, by the names that `ethtool -k` shows. */
import { ethtoolCall } from './ethtool-call.js';

const ETHTOOL_GSTRINGS = 0x1b;
const ETHTOOL_GSSET_INFO = 0x37;
const ETHTOOL_GFEATURES = 0x3a;
/** The set of strings that names features. */
const ETH_SS_FEATURES = 4;
/** struct ethtool_sset_info: | cmd 4 | reserved 4 | mask of sets 8 | count of each set 4 | */
const SSET_INFO = { mask: 8, count: 16, bytes: 24 };
/** struct ethtool_gstrings: | cmd 4 | set 4 | count 4 | names of 32 | */
const GSTRINGS = { set: 4, count: 8, names: 12, nameBytes: 32 };
/** struct ethtool_gfeatures: | cmd 4 | blocks 4 | blocks of | available 4 | requested 4 | active 4 | never changed 4 | | */
const GFEATURES = { blocks: 4, first: 8, blockBytes: 16, active: 8 };

/**
 * The features of a device in the caller's network namespace: `true` for those that are on. Throws LinuxError `ENODEV`.
 * @example
 * ```ts
 * import { deviceFeatures } from '@podlan/linux';
 *
 * deviceFeatures('lo')['loopback']; // => true
 * ```
 */
export function deviceFeatures(device: string): Record<string, boolean> {
  const names = featureNames(device);
  const blocks = Math.ceil(names.length / 32);
  const call = callOf(ETHTOOL_GFEATURES, GFEATURES.first + blocks * GFEATURES.blockBytes);
  call.setUint32(GFEATURES.blocks, blocks, true);
  ethtoolCall(device, call.buffer);
  const isOn = (bit: number): boolean => {
    const word = GFEATURES.first + (bit >>> 5) * GFEATURES.blockBytes + GFEATURES.active;
    return ((call.getUint32(word, true) >>> (bit & 31)) & 1) === 1;
  };
  return Object.fromEntries(names.map((name, bit) => [name, isOn(bit)]).filter(([name]) => name !== ''));
}

const callOf = (command: number, bytes: number): DataView<ArrayBuffer> => {
  const call = new DataView(new ArrayBuffer(bytes));
  call.setUint32(0, command, true);
  return call;
};

/** In the order of their bits. */
function featureNames(device: string): string[] {
  const count = featureCount(device);
  const call = callOf(ETHTOOL_GSTRINGS, GSTRINGS.names + count * GSTRINGS.nameBytes);
  call.setUint32(GSTRINGS.set, ETH_SS_FEATURES, true);
  call.setUint32(GSTRINGS.count, count, true);
  ethtoolCall(device, call.buffer);
  return Array.from({ length: count }, (_, at) => {
    const name = new Uint8Array(call.buffer, GSTRINGS.names + at * GSTRINGS.nameBytes, GSTRINGS.nameBytes);
    return new TextDecoder().decode(name.subarray(0, name.indexOf(0)));
  });
}

function featureCount(device: string): number {
  const call = callOf(ETHTOOL_GSSET_INFO, SSET_INFO.bytes);
  call.setBigUint64(SSET_INFO.mask, 1n << BigInt(ETH_SS_FEATURES), true);
  ethtoolCall(device, call.buffer);
  return call.getUint32(SSET_INFO.count, true);
}
