/**
 * The changes that lead from the rows there are to the rows there should be, in an order a kernel can follow.
 *
 *     deletions that could stand in the way of an addition   forwarder, address, link
 *     additions and replacements                             link … chain
 *     the other deletions                                    chain, route, … neighbor
 *
 * A route comes after what it needs and goes before it, and nothing that carries traffic is taken away to be put back.
 */
import type { Change, Link, Row, Table } from './model.js';
import { defaultMetric, deviceOf, rowKey } from './rows.js';

const ORDER: Record<Table, number> = {
  link: 0,
  sysctl: 1,
  address: 2,
  forwarder: 3,
  neighbor: 4,
  fdb: 5,
  tunnel: 5,
  route: 6,
  chain: 7,
};

/**
 * Two of one kind can claim one thing: a UDP port, a VNI, a subnet on a device (an IPv4 address that is added while
 * another of its subnet stands becomes a secondary one, and goes when that one is deleted).
 */
const DELETE_FIRST: ReadonlySet<Table> = new Set(['link', 'address', 'forwarder']);

interface Plan {
  readonly actual: ReadonlyMap<string, readonly Row[]>;
  readonly desired: ReadonlyMap<string, Row>;
  /** Devices that go, or go and come back: every row on them goes with them. */
  readonly gone: ReadonlySet<string>;
}

/**
 * The changes that make `desired` of `actual`, which should be a snapshot of the scope of `desired`. Sysctls are set,
 * never unset; a route's protocol is not compared; an absent `mac` of a link accepts any.
 * @example
 * ```ts
 * import { type Address, diff, type Link } from '@podlan/linux/model';
 * import { parseInterfaceAddress } from '@podlan/wire';
 *
 * const cni0: Link = { kind: 'link', type: 'bridge', name: 'cni0', mtu: 1450, up: true };
 * const gateway: Address = { kind: 'address', dev: 'cni0', address: parseInterfaceAddress('10.244.1.1/24')! };
 *
 * diff([{ ...cni0, mtu: 1500 }], [cni0, gateway]);
 * // => [{ op: 'replace', row: cni0 }, { op: 'add', row: gateway }]
 * diff([cni0, gateway], []); // => [{ op: 'delete', row: cni0 }]
 * diff([cni0, gateway], [cni0, gateway]); // => []
 * ```
 */
export function diff(actual: readonly Row[], desired: readonly Row[]): Change[] {
  const plan = planOf(actual, desired);
  const staying = new Map<string, Staying>();
  const deletions: Row[] = [];
  for (const [key, rows] of plan.actual) {
    const one = stayingOf(plan, rows, plan.desired.get(key));
    if (one !== undefined) staying.set(key, one);
    for (const row of rows) if (mustDelete(plan, row, one)) deletions.push(row);
  }
  const additions: Change[] = [];
  for (const [key, row] of plan.desired) {
    const op = addition(plan, row, staying.get(key));
    if (op !== undefined) additions.push({ op, row });
  }
  deletions.sort((a, b) => ORDER[b.kind] - ORDER[a.kind]);
  additions.sort((a, b) => additionOrder(a.row, b.row));
  const first = deletions.filter((row) => DELETE_FIRST.has(row.kind));
  const last = deletions.filter((row) => !DELETE_FIRST.has(row.kind));
  return [...first.map(deletion), ...additions, ...last.map(deletion)];
}

const deletion = (row: Row): Change => ({ op: 'delete', row });

function planOf(actual: readonly Row[], desired: readonly Row[]): Plan {
  const plan = {
    actual: byKey(actual),
    desired: new Map(desired.map((row) => [rowKey(row), row])),
    gone: new Set<string>(),
  };
  for (const row of actual) if (row.kind === 'link' && linkGoes(plan, row)) plan.gone.add(row.name);
  return plan;
}

function byKey(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = rowKey(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

function linkGoes(plan: Plan, link: Link): boolean {
  const wanted = plan.desired.get(rowKey(link));
  return wanted?.kind !== 'link' || mustRecreate(link, wanted);
}

/** Bridges before their ports. */
function additionOrder(a: Row, b: Row): number {
  return ORDER[a.kind] - ORDER[b.kind] || Number(isPort(a)) - Number(isPort(b));
}

const isPort = (row: Row): boolean => row.kind === 'link' && row.master !== undefined;

const isGone = (plan: Plan, row: Row): boolean => plan.gone.size > 0 && plan.gone.has(deviceOf(row) ?? '');

/** Of the rows under one key (IPv6 holds one route on several devices), the one that stays or is replaced. */
interface Staying {
  readonly row: Row;
  /** Whether it is what is wanted. */
  readonly isSame: boolean;
}

function stayingOf(plan: Plan, rows: readonly Row[], wanted: Row | undefined): Staying | undefined {
  if (wanted === undefined) return undefined;
  const standing = rows.filter((row) => !isGone(plan, row));
  const same = standing.find((row) => sameRow(row, wanted));
  const row = same ?? standing[0];
  return row && { row, isSame: same !== undefined };
}

function mustDelete(plan: Plan, row: Row, staying: Staying | undefined): boolean {
  if (row.kind === 'sysctl') return false;
  if (isGone(plan, row)) return row.kind === 'link' || row.kind === 'forwarder';
  return staying?.row !== row;
}

function addition(plan: Plan, wanted: Row, staying: Staying | undefined): Change['op'] | undefined {
  if (staying === undefined || isGone(plan, wanted)) return 'add';
  return staying.isSame && !lostMaster(plan, wanted) ? undefined : 'replace';
}

const lostMaster = (plan: Plan, row: Row): boolean => row.kind === 'link' && plan.gone.has(row.master ?? '');

/** Whether the kernel can't change `actual` into `wanted` in place. */
export function mustRecreate(actual: Link, wanted: Link): boolean {
  if (actual.type !== wanted.type) return true;
  if (actual.type !== 'vxlan' || wanted.type !== 'vxlan') return false;
  return (['vni', 'port', 'local', 'dev', 'gbp'] as const).some((key) => actual[key] !== wanted[key]);
}

/** Whether `actual` is all that `wanted` asks for. */
export function sameRow(actual: Row, wanted: Row): boolean {
  return sameValue(actual, wanted) || sameValue(comparable(actual, wanted), comparable(wanted, wanted));
}

/** `row` with defaults filled in, and without what `wanted` leaves open. */
function comparable(row: Row, wanted: Row): unknown {
  if (row.kind === 'route') {
    const metric = row.metric ?? defaultMetric(row);
    return { ...row, metric, onlink: row.onlink ?? false, protocol: undefined };
  }
  if (row.kind !== 'link') return row;
  const open = wanted.kind === 'link' && wanted.mac === undefined;
  return { ...row, hairpin: row.hairpin ?? false, peer: undefined, mac: open ? undefined : row.mac };
}

/** Of what JSON can say: a key that is undefined is one that is not there. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  return hasAll(a as Values, b as Values) && hasAll(b as Values, a as Values);
}

type Values = Readonly<Record<string, unknown>>;

function hasAll(a: Values, b: Values): boolean {
  for (const key in a) if (!sameValue(a[key], b[key])) return false;
  return true;
}
