/** What goes along a path, and what of it arrived. */
import { fileURLToPath } from 'node:url';
import { run, start } from './processes.js';

const DATAGRAMS = fileURLToPath(new URL('./traffic/datagrams.js', import.meta.url));
const DATAGRAM_PORT = 9000;

const tcp = (streams) => ({
  name: streams === 1 ? 'TCP, 1 stream' : `TCP, ${streams} streams`,
  unit: 'Gbit/s',
  async run(path, seconds, measured) {
    const server = start(path.to, 'iperf3', '-s', '-1', '--forceflush');
    // The line of dashes, then "Server listening".
    await server.line();
    await server.line();
    try {
      const flags = ['-J', '-t', String(seconds), '-P', String(streams)];
      return await measured(async () => {
        const { end } = JSON.parse(await run(path.from, 'iperf3', '-c', path.address, ...flags));
        return { value: end.sum_received.bits_per_second / 1e9, bytes: end.sum_received.bytes };
      });
    } finally {
      server.end();
    }
  },
});

const udp = (bytes) => ({
  name: `UDP, ${bytes.toLocaleString('en')} bytes`,
  unit: 'packets/s',
  async run(path, seconds, measured) {
    const receiver = start(path.to, process.execPath, DATAGRAMS, 'receive', String(DATAGRAM_PORT));
    await receiver.line();
    const args = [path.address, DATAGRAM_PORT, bytes, seconds].map(String);
    const sender = start(path.from, process.execPath, DATAGRAMS, 'send', ...args);
    await sender.line();
    return measured(async () => {
      sender.say('go\n');
      const sent = JSON.parse(await sender.line());
      const { packets } = JSON.parse(await receiver.line());
      const loss = 1 - packets / sent.packets;
      return {
        value: packets / sent.seconds,
        bytes: packets * bytes,
        loss,
        offered: sent.packets / sent.seconds,
      };
    });
  },
});

export const WORKLOADS = [tcp(1), tcp(8), udp(64), udp(1400)];

const PINGS = 400;

/** Milliseconds. */
export async function roundTrip({ from, address }) {
  const said = await run(from, 'ping', '-n', '-i', '0.002', '-c', String(PINGS), address);
  const times = [...said.matchAll(/time=([\d.]+)/g)].map(([, ms]) => Number(ms)).sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return { medianMs: at(0.5), p99Ms: at(0.99), loss: 1 - times.length / PINGS };
}
