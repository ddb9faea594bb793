/** Datagrams there and back between two namespaces. */
import { spawn } from 'node:child_process';
import { run } from './test-lab.js';

const SERVER = `
const socket = require('node:dgram').createSocket('udp4');
socket.on('message', (data, from) => socket.send(data, from.port, from.address));
socket.bind(9000, () => console.log('ready'));`;

const CLIENT = `
const [address, ...sizes] = process.argv.slice(1);
const socket = require('node:dgram').createSocket('udp4');
const say = (size) => new Promise((resolve) => {
  const data = require('node:crypto').randomBytes(Number(size));
  socket.once('message', (answer) => resolve(answer.equals(data) ? 'equal' : 'different'));
  socket.send(data, 9000, address);
});
setTimeout(() => { console.log('no answer'); process.exit(1); }, 5000);
(async () => { for (const size of sizes) console.log(size, await say(size)); process.exit(); })();`;

export interface Place {
  readonly netns: string;
  readonly address: string;
}

const inNetns = (netns: string, ...command: string[]) => ['netns', 'exec', netns, ...command];

/** One line for each size: `1472 equal`, where what came back is what was sent. */
export async function udpEcho(from: Place, to: Place, ...sizes: number[]): Promise<string[]> {
  const server = spawn('ip', inNetns(to.netns, process.execPath, '-e', SERVER), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await new Promise((resolve) => server.stdout.once('data', resolve));
    const client = inNetns(from.netns, process.execPath, '-e', CLIENT, to.address, ...sizes.map(String));
    return (await run('ip', ...client)).stdout.trim().split('\n');
  } finally {
    server.kill('SIGKILL');
  }
}
