/** Runs inside a pod's namespace: `sink PORT`, `source ADDRESS PORT MEGABYTES`, `ping ADDRESS COUNT INTERVAL_MS`. Prints JSON. */
import { ping } from '@podlan/linux';
import { parseIpAddress } from '@podlan/wire';
import { sink, source } from './tcp.js';

const [verb, ...args] = process.argv.slice(2);
const print = (report: unknown) => process.stdout.write(`${JSON.stringify(report)}\n`);

if (verb === 'sink') print(await sink(Number(args[0])));
else if (verb === 'source') print(await source(args[0]!, Number(args[1]), Number(args[2])));
else if (verb === 'ping') {
  const options = {
    count: Number(args[1]),
    intervalMs: Number(args[2]),
    stopAtFirstReply: args[3] === 'first',
  };
  print(await ping(parseIpAddress(args[0]!)!, options));
} else throw new Error(`expected sink, source or ping, found ${verb}`);
