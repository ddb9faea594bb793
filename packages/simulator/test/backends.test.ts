/** Every backend, in every family, on the simulated kernel: the suite of the other kernels, on a clock that is moved. */
import { parseInterfaceAddress } from '@podlan/wire';
import { testBackends } from '../../fabric/test/backend-suite.js';
import type { Place } from '../../fabric/test/places.js';
import { Nic, SimClock, SimKernel, SimNetwork, Switch } from '../src/index.js';

/** Of 50 ms each. */
const PASSES = 20;

async function simulatedPlace(): Promise<Place> {
  const clock = new SimClock(1_000_000);
  const network = new SimNetwork({ clock });
  const netns = network.addNetns('host-a');
  const eth0 = new Nic(netns, { name: 'eth0', mac: network.nextMac(), mtu: 1500, up: true });
  netns.addDevice(eth0);
  new Switch(clock, network.random).plug(eth0);
  for (const text of ['192.168.1.1/24', 'fd00:77::1/64'])
    netns.addAddress('eth0', parseInterfaceAddress(text)!);
  return {
    kernel: new SimKernel(network, 'host-a'),
    other: new SimKernel(network, 'host-a'),
    clock,
    pass: () => clock.advance(50),
    dispose: async () => network.deleteNetns('host-a'),
  };
}

testBackends('of the simulator', simulatedPlace, PASSES);
