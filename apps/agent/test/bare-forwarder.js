/** A forwarder alone, run in its host's namespace: `bare-forwarder.js JSON`. Says `ready`, and goes on until killed. */
import { Forwarder, runPump, SUPER_SLOT_BYTES } from '@podlan/dataplane';
import { createEventFd, Poller, TapDevice, UdpSocket } from '@podlan/linux';

const { dev, local, port, tunnels, ...settings } = JSON.parse(process.argv[2]);
const forwarder = await Forwarder.create({ slots: 64, slotBytes: SUPER_SLOT_BYTES, capacity: 8 });
forwarder.configure(settings);
for (const { prefix, remote } of tunnels) forwarder.setTunnel(prefix, remote, port);
const device = TapDevice.open(dev);
const socket = UdpSocket.bind(local, port);
const wake = createEventFd();
const poller = new Poller({ device: device.fd, socket: socket.fd, wake: wake.fd });
console.log('ready');
runPump({ forwarder, device, socket, poller });
