/** The contract of every kernel, on the simulated one. */
import { testKernel } from '@podlan/linux/testing';
import { parseInterfaceAddress } from '@podlan/wire';
import { Nic, SimKernel, SimNetwork, Switch } from '../src/index.js';

testKernel('SimKernel', async () => {
  const network = new SimNetwork();
  const netns = network.addNetns('host-a');
  const eth0 = new Nic(netns, { name: 'eth0', mac: network.nextMac(), mtu: 1500, up: true });
  netns.addDevice(eth0);
  new Switch(network.clock, network.random).plug(eth0);
  for (const text of ['192.168.77.11/24', 'fd00:77::11/64'])
    netns.addAddress('eth0', parseInterfaceAddress(text)!);
  return {
    kernel: new SimKernel(network, 'host-a'),
    other: new SimKernel(network, 'host-a'),
    dispose: async () => network.deleteNetns('host-a'),
  };
});
