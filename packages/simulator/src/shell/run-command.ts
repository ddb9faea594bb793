/**
 * The commands of an operator on a simulated namespace. What they print is what iproute2, procps and nft print, without
 * indices, queues, groups, counts and the blanks at the ends of lines; multicast entries of `bridge fdb` are left out.
 */
import type { Netns } from '../kernel/netns.js';
import { Arguments } from './arguments.js';
import { bridgeCommand } from './bridge-command.js';
import { notSimulated } from './command-error.js';
import { ipCommand } from './ip-command.js';
import { nftCommand } from './nft-command.js';
import { pingCommand } from './ping-command.js';
import { sysctlCommand } from './sysctl-command.js';
import { wordsOf } from './words.js';

const TOOLS: Readonly<Record<string, (netns: Netns, args: Arguments) => string[]>> = {
  ip: ipCommand,
  bridge: bridgeCommand,
  sysctl: sysctlCommand,
  nft: nftCommand,
  ping: pingCommand,
};

/**
 * Runs `ip`, `bridge`, `sysctl`, `nft` or `ping` as it is typed on a real host, and returns what it prints. One command a
 * line: quotes count, and nothing else of a shell. Throws {@link CommandError}, and then nothing has changed.
 * @example
 * ```ts
 * import { runCommand, SimCluster } from '@podlan/simulator';
 *
 * const cluster = new SimCluster({ dataplane: 'kernel' });
 * const { netns } = await cluster.join();
 * await cluster.join();
 * runCommand(netns, 'ip route show dev flannel.1');
 * // => ['10.244.2.0/24 via 10.244.2.0 proto 80 onlink']
 * runCommand(netns, 'ip route add blackhole 10.244.2.0/25'); // => []
 * runCommand(netns, 'sysctl -w net.ipv4.conf.flannel/1.rp_filter=1');
 * // => ['net.ipv4.conf.flannel/1.rp_filter = 1']
 * await cluster.stop();
 * ```
 */
export function runCommand(netns: Netns, line: string): string[] {
  const args = new Arguments(wordsOf(line));
  const word = args.next() ?? '';
  const tool = Object.hasOwn(TOOLS, word) ? TOOLS[word] : undefined;
  if (tool === undefined) throw notSimulated('a command', word || 'none', Object.keys(TOOLS));
  return tool(netns, args);
}
