/**
 * Runs inside a pod's namespace: `sink PORT`, `source ADDRESS PORT MEGABYTES`, `ping ADDRESS COUNT INTERVAL_MS`,
 * `talk PORT ADDRESS…`. Prints JSON.
 */
import { ping } from '@podlan/linux';
import { parseIpAddress } from '@podlan/wire';
import { talk } from './talk.js';
import { sink, source } from './tcp.js';

const [verb, ...args] = process.argv.slice(2);
const print = (report: unknown) => process.stdout.write(`${JSON.stringify(report)}\n`);

if (verb === 'sink') print(await sink(Number(args[0])));
else if (verb === 'source') print(await source(args[0]!, Number(args[1]), Number(args[2])));
else if (verb === 'talk') await talk(Number(args[0]), args.slice(1)).catch(failed);
else if (verb === 'ping') {
  const options = {
    count: Number(args[1]),
    intervalMs: Number(args[2]),
    stopAtFirstReply: args[3] === 'first',
  };
  print(await ping(parseIpAddress(args[0]!)!, options));
} else throw new Error(`expected sink, source, ping or talk, found ${verb}`);

function failed({ message }: Error): void {
  print({ error: message });
  process.exit(1);
}
