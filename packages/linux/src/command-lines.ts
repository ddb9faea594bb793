/** Changes as lines for a shell: what one would type to make by hand what a kernel behind the rows makes. */
import { familyOf } from '@podlan/wire';
import { batchLines, vacateRouteLine } from './batch-lines.js';
import { chainName, sysctlKey, unexpected } from './checked-names.js';
import type { Chain, Change, ForwarderRow, Route, Sysctl, Tunnel } from './model.js';
import { sayableRuleText } from './nft-text.js';
import { rowText } from './rows.js';

/**
 * The lines of `ip`, `bridge`, `sysctl` and `nft` that make the changes, in their order. They are for a shell (`sh -e`),
 * and nothing in a row is anything but a word to it: names and values that podlan would not hand to these tools are a
 * TypeError. What no command makes, a row of the WASM forwarder, is a comment.
 * @example
 * ```ts
 * import { commandLines, diff, type Row } from '@podlan/linux/model';
 * import { parseInterfaceAddress, parseIpAddress, parseIpPrefix } from '@podlan/wire';
 *
 * const via = parseIpAddress('10.244.2.0')!;
 * const prefix = parseIpPrefix('10.244.2.0/24')!;
 * const desired: Row[] = [
 *   { kind: 'link', type: 'tap', name: 'flannel.1', mtu: 1450, up: true },
 *   { kind: 'address', dev: 'flannel.1', address: parseInterfaceAddress('10.244.1.0/32')! },
 *   { kind: 'route', prefix, via, dev: 'flannel.1', onlink: true },
 *   { kind: 'sysctl', key: 'net/ipv4/ip_forward', value: '1' },
 * ];
 * const lines = commandLines(diff([], desired));
 * lines[0]; // => 'ip tuntap add dev flannel.1 mode tap vnet_hdr'
 * lines[1]; // => 'ip link set dev flannel.1 mtu 1450 up'
 * lines[2]; // => 'sysctl -w net.ipv4.ip_forward=1'
 * lines[3]; // => 'ip addr replace 10.244.1.0/32 dev flannel.1'
 * lines[4]; // => 'ip route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink'
 * ```
 */
export function commandLines(changes: readonly Change[]): string[] {
  return changes.flatMap(linesOf);
}

function linesOf(change: Change): string[] {
  const { op, row } = change;
  switch (row.kind) {
    case 'sysctl':
      return op === 'delete' ? [] : [sysctlLine(row)];
    case 'chain':
      return [...(op === 'add' ? [] : takeAway(row)), ...(op === 'delete' ? [] : putThere(row))];
    case 'forwarder':
    case 'tunnel':
      return op === 'delete' ? [] : [commentLine(row)];
    default: {
      const { tool, lines } = batchLines(change, { afresh: true });
      const vacate = op === 'replace' && row.kind === 'route' && isBarred(row) ? [vacateRouteLine(row)] : [];
      return [...vacate, ...lines].map((line) => `${tool} ${line}`);
    }
  }
}

/** IPv6 takes no onlink gateway while a route by another device leads there, though it be the one to be replaced. */
const isBarred = (row: Route): boolean => row.onlink === true && familyOf(row.prefix) === 6;

/** Between dots a dot is a slash: the device eth0.7 in net.ipv4.conf.eth0/7.forwarding. */
function sysctlLine({ key, value }: Sysctl): string {
  const dotted = sysctlKey(key).replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
  return `sysctl -w ${word(`${dotted}=${value}`)}`;
}

const TABLE = 'inet podlan';

function putThere(chain: Chain): string[] {
  const { type, hook, priority, rules } = chain;
  if (!Number.isInteger(priority)) throw unexpected('priority', 'a whole number', priority);
  for (const one of [type, hook])
    if (!/^[a-z]+$/.test(one)) throw unexpected('chain', 'a type and a hook', one);
  const base = `{ type ${type} hook ${hook} priority ${priority}; policy accept; }`;
  return [
    `nft add table ${TABLE}`,
    `nft add chain ${TABLE} ${chainName(chain.name)} ${quoted(base)}`,
    ...(hook === 'forward' ? [NOT_ALONE] : []),
    ...rules.map((rule) => ruleLine(chain.name, rule)),
  ];
}

/** The desired rows leave to the kernel behind them which chains these are. */
const NOT_ALONE =
  '# where the forward chain of another table drops, podlan gives that one a jump to a copy of these rules';

function ruleLine(chain: string, expr: readonly unknown[]): string {
  const text = sayableRuleText(expr);
  if (text !== undefined) {
    const isPlain = text.split(' ').every((one) => PLAIN_WORD.test(one));
    return `nft add rule ${TABLE} ${chain} ${isPlain ? text : quoted(text)}`;
  }
  const [family, table] = TABLE.split(' ');
  const rule = { family, table, chain, expr };
  return `printf %s ${quoted(JSON.stringify({ nftables: [{ add: { rule } }] }))} | nft -j -f -`;
}

function takeAway({ name }: Chain): string[] {
  const chain = `${TABLE} ${chainName(name)}`;
  return [`nft flush chain ${chain}`, `nft delete chain ${chain}`];
}

const INSTEAD = {
  forwarder:
    'no command: podlan agent itself holds the device and the UDP socket open, and carries the packets',
  tunnel: "no command: an entry of the forwarder's own table",
};

function commentLine(row: ForwarderRow | Tunnel): string {
  const text = rowText(row);
  if (!text.split(' ').every((one) => PLAIN_WORD.test(one))) throw unexpected(row.kind, 'plain words', text);
  return `# ${text} (${INSTEAD[row.kind]})`;
}

/** What no shell reads anything into. */
const PLAIN_WORD = /^[a-zA-Z0-9_@%+=:,./-]+$/;

const word = (text: string): string => (PLAIN_WORD.test(text) ? text : quoted(text));

/** Inside single quotes a shell reads nothing but their end. */
function quoted(text: string): string {
  if (/\p{Cc}/u.test(text)) throw unexpected('text', 'no control characters', text);
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
