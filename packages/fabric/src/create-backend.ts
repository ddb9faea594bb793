/** Which backend the configuration asks for. */
import type { Backend, BackendOptions } from './backend.js';
import { createHostGwBackend } from './backends/host-gw.js';
import { createUdpBackend } from './backends/udp.js';
import { createVxlanBackend } from './backends/vxlan.js';

/**
 * The backend of `config.backend.type`. Throws LeaseError `bad-config` where this host can't be what the configuration
 * asks for: it has no address of one of its families, for one.
 * @example
 * ```ts
 * import { createBackend, parseLease, parseNetworkConfig } from '@podlan/fabric';
 * import { rowText } from '@podlan/linux/model';
 * import { parseIpAddress, parseIpPrefix, parseMacAddress } from '@podlan/wire';
 *
 * const config = parseNetworkConfig({ Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } });
 * const node = { publicIps: [parseIpAddress('192.168.77.11')!], externalInterface: { name: 'eth0', mtu: 1500 } };
 * const randomMac = () => parseMacAddress('02:00:00:00:00:01')!;
 * const backend = createBackend({ config, node, dataplane: 'kernel', randomMac });
 * backend.mtu; // => 1450
 *
 * const own = { subnets: [parseIpPrefix('10.244.1.0/24')!], attributes: backend.leaseAttributes(undefined) };
 * const value = { PublicIP: '192.168.77.12', BackendType: 'vxlan', BackendData: { VtepMAC: '02:00:00:00:00:02' } };
 * const peer = parseLease('10.244.2.0-24', JSON.stringify(value));
 * backend.peerState(own, peer).map(rowText);
 * // => [
 * //      'neigh 10.244.2.0 lladdr 02:00:00:00:00:02 dev flannel.1 nud permanent',
 * //      'fdb 02:00:00:00:00:02 dev flannel.1 dst 192.168.77.12 self permanent',
 * //      'route 10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 80 onlink',
 * //    ]
 * ```
 */
export function createBackend(options: BackendOptions): Backend {
  const { backend } = options.config;
  switch (backend.type) {
    case 'vxlan':
      return createVxlanBackend(options, backend);
    case 'host-gw':
      return createHostGwBackend(options);
    case 'udp':
      return createUdpBackend(options, backend);
  }
}
