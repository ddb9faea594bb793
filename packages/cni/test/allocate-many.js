// A process of its own for the race test: allocates an address for each container ID given, all at once.
import { HostLocal } from '../dist/host-local.js';

const [dataDir, subnet, gateway, ...containerIds] = process.argv.slice(2);
const ipam = new HostLocal({ dataDir, network: 'cbr0' });
const given = await Promise.all(
  containerIds.map((containerId) => ipam.allocate({ containerId, interfaceName: 'eth0', subnet, gateway })),
);
console.log(JSON.stringify(given));
