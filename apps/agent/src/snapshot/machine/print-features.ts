/**
 * Run inside a namespace: prints what devices of it do with checksums and tunnels, as a list of DeviceFeatures.
 *
 *     print-features.js flannel.1 eth0
 */
import { deviceFeatures } from '@podlan/linux';

const OF_CHECKSUMS = /checksum|udp_tnl/;

const devices = process.argv.slice(2).flatMap((ifname) => {
  const known = Object.entries(featuresOf(ifname)).filter(([name]) => OF_CHECKSUMS.test(name));
  return known.length === 0 ? [] : [{ ifname, features: Object.fromEntries(known) }];
});
process.stdout.write(JSON.stringify(devices));

/** None of a device that went away meanwhile. */
function featuresOf(ifname: string): Record<string, boolean> {
  try {
    return deviceFeatures(ifname);
  } catch {
    return {};
  }
}
