/**
 * IP address management in the on-disk format of the CNI `host-local` plugin, so that either can take over from the
 * other: in `<dataDir>/<network>`
 *
 *     10.244.1.7          one file per address in use: container ID, CR LF, interface name
 *     last_reserved_ip.0  the address handed out last from range 0; the next search starts after it
 *     lock                flocked while anything here is read or changed
 *
 * Files of other names are left alone; files nobody can make sense of keep their address from being handed out.
 * @module @podlan/cni/host-local
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressCount, contains, nthAddress, offsetOf } from '@podlan/linux/prefix';
import { familyOf, type IpAddress, type IpPrefix, parseIpAddress } from '@podlan/wire';
import { CNI_CODE, CniError } from './cni-error.js';
import { withFolderLock } from './folder-lock.js';
import { CONTAINER_NAME, INTERFACE_NAME } from './protocol/names.js';

export { CNI_CODE, type CniCode, CniError } from './cni-error.js';

/** Where the files are. */
export interface HostLocalOptions {
  /** host-local's own default is /var/lib/cni/networks. */
  readonly dataDir: string;
  /** The CNI network's name: the folder under `dataDir`. */
  readonly network: string;
}

/** Who holds an address. */
export interface Holder {
  readonly containerId: string;
  readonly interfaceName: string;
}

/** Who wants an address, and which: one of `subnet`, but not `gateway`. */
export interface AllocationRequest extends Holder {
  readonly subnet: IpPrefix;
  readonly gateway: IpAddress;
  /** Which `last_reserved_ip.N` to use: 0 for a network's first range, 1 for its second. */
  readonly range?: number;
  /** This address and no other. */
  readonly wanted?: IpAddress;
}

/** An address in use. */
export interface Allocation extends Holder {
  readonly address: IpAddress;
}

const LINE_BREAK = '\r\n';

/**
 * The addresses of one CNI network on this host. Every method throws CniError: `INVALID_ENVIRONMENT` for a name that is
 * none, `IO_FAILURE` where the files can't be used.
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { HostLocal } from '@podlan/cni/host-local';
 * import { parseIpAddress, parseIpPrefix } from '@podlan/wire';
 *
 * const dataDir = await mkdtemp(join(tmpdir(), 'networks-'));
 * const addresses = new HostLocal({ dataDir, network: 'cbr0' });
 * const subnet = parseIpPrefix('10.244.1.0/24')!;
 * const gateway = parseIpAddress('10.244.1.1')!;
 * const pod = { containerId: '4f2a', interfaceName: 'eth0' };
 *
 * await addresses.allocate({ ...pod, subnet, gateway }); // => '10.244.1.2'
 * await addresses.list(); // => [{ address: '10.244.1.2', ...pod }]
 * await addresses.release(pod); // => ['10.244.1.2']
 * await addresses.release(pod); // => []
 * // Not the address that was just given back: others may still have it in their caches.
 * await addresses.allocate({ ...pod, subnet, gateway }); // => '10.244.1.3'
 *
 * await addresses.allocate({ containerId: 'gone', interfaceName: 'eth0', subnet, gateway }); // => '10.244.1.4'
 * await addresses.releaseAllBut([pod]); // => [{ address: '10.244.1.4', containerId: 'gone', interfaceName: 'eth0' }]
 * await addresses.hasRoom({ subnet, gateway }); // => true
 * await rm(dataDir, { recursive: true });
 * ```
 */
export class HostLocal {
  readonly directory: string;

  constructor({ dataDir, network }: HostLocalOptions) {
    requireName('network', network, CONTAINER_NAME);
    this.directory = join(dataDir, network);
  }

  /**
   * The next free address after the one handed out last, strictly inside `subnet`. Throws CniError: `NO_FREE_ADDRESS`,
   * `ALREADY_ATTACHED` where the holder has one, `INVALID_NETWORK_CONFIG` for a subnet too small, or a gateway or an
   * address wanted that lies outside.
   */
  async allocate(request: AllocationRequest): Promise<IpAddress> {
    requireHolder(request);
    requireRoom(request);
    return this.#locked(async () => {
      const held = await this.#allocations();
      const own = held.find((one) => sameHolder(one, request) && contains(request.subnet, one.address));
      if (own) throw alreadyHolds(own);
      const taken = new Set<string>(held.map(({ address }) => address));
      const address =
        request.wanted ?? firstFree(request, taken, await this.#lastReserved(request.range ?? 0));
      if (address === undefined) throw noneFree(request, taken);
      if (taken.has(address)) throw isTaken(address, held);
      await this.#reserve(address, request);
      return address;
    });
  }

  /** Gives back what the holder has, and returns it; nothing held is no error (CNI's DEL may come twice). */
  async release(holder: Holder): Promise<IpAddress[]> {
    requireHolder(holder);
    return this.#locked(async () => {
      const held = await this.#allocations();
      const exact = held.filter((one) => sameHolder(one, holder));
      const released = exact.length > 0 ? exact : held.filter((one) => isOldFileOf(holder, one));
      for (const { address } of released) await this.#remove(address);
      return released.map(({ address }) => address);
    });
  }

  /**
   * Gives back what nobody of `holders` has, and returns it: CNI's GC. Also what no holder can be read of, and files that
   * a crash left half-written.
   */
  async releaseAllBut(holders: readonly Holder[]): Promise<Allocation[]> {
    return this.#locked(async () => {
      const released = (await this.#allocations()).filter(
        (held) => !holders.some((one) => sameHolder(one, held) || isOldFileOf(one, held)),
      );
      for (const { address } of released) await this.#remove(address);
      for (const name of (await readdir(this.directory)).filter(isPartial)) await this.#remove(name);
      return released;
    });
  }

  /** Whether `allocate` would find a free address. */
  async hasRoom(range: Pick<AllocationRequest, 'subnet' | 'gateway'>): Promise<boolean> {
    const taken = new Set<string>((await this.list()).map(({ address }) => address));
    return firstFree(range, taken, undefined) !== undefined;
  }

  /** All addresses in use, also those whose file names no holder. */
  async list(): Promise<Allocation[]> {
    return this.#locked(() => this.#allocations());
  }

  async #locked<T>(work: () => Promise<T>): Promise<T> {
    try {
      await mkdir(this.directory, { recursive: true });
      return await withFolderLock(join(this.directory, 'lock'), work);
    } catch (cause) {
      if (cause instanceof CniError) throw cause;
      const details = `${this.directory}: ${String(cause)}`;
      throw new CniError(CNI_CODE.IO_FAILURE, 'cannot use the address store', details, { cause });
    }
  }

  async #allocations(): Promise<Allocation[]> {
    const names = await readdir(this.directory);
    const addresses = names.map(parseIpAddress).filter((address) => address !== undefined);
    return Promise.all(addresses.map(async (address) => ({ address, ...(await this.#holderOf(address)) })));
  }

  /** An unreadable or senseless file has a holder too, one that nobody can name. */
  async #holderOf(address: IpAddress): Promise<Holder> {
    const text = await readFile(join(this.directory, address), 'utf8').catch(() => '');
    const [containerId = '', interfaceName = ''] = text.trim().split(LINE_BREAK);
    return { containerId: containerId.trim(), interfaceName: interfaceName.trim() };
  }

  async #lastReserved(range: number): Promise<IpAddress | undefined> {
    const text = await readFile(join(this.directory, lastReservedName(range)), 'utf8').catch(() => '');
    return parseIpAddress(text.trim());
  }

  async #remove(name: string): Promise<void> {
    await rm(join(this.directory, name), { force: true });
  }

  /** Both files appear whole or not at all: a crash must not leave an address held by nobody. */
  async #reserve(address: IpAddress, request: AllocationRequest): Promise<void> {
    await this.#writeWhole(address, `${request.containerId}${LINE_BREAK}${request.interfaceName}`);
    await this.#writeWhole(lastReservedName(request.range ?? 0), address);
  }

  async #writeWhole(name: string, text: string): Promise<void> {
    const partial = join(this.directory, `.${name}${PARTIAL}`);
    await writeFile(partial, text, { mode: 0o644 });
    await rename(partial, join(this.directory, name));
  }
}

const PARTIAL = '.partial';
const isPartial = (name: string): boolean => name.startsWith('.') && name.endsWith(PARTIAL);

const lastReservedName = (range: number): string => `last_reserved_ip.${range}`;

const sameHolder = (a: Holder, b: Holder): boolean =>
  a.containerId === b.containerId && a.interfaceName === b.interfaceName;

/** Before it wrote interface names, host-local knew a container by its ID alone. */
const isOldFileOf = (holder: Holder, held: Holder): boolean =>
  held.containerId === holder.containerId && held.interfaceName === '';

/**
 * Offsets that may be handed out: not 0 (the network), and in IPv4 not the last (broadcast).
 *
 *     10.244.1.0/24    0 | 1 … 254 | 255
 */
function usableOffsets(subnet: IpPrefix): { first: bigint; last: bigint } {
  return { first: 1n, last: addressCount(subnet) - (familyOf(subnet) === 4 ? 2n : 1n) };
}

/** Round robin, so that a pod that restarts over and over does not get an address others still have in their caches. */
function firstFree(
  { subnet, gateway }: Pick<AllocationRequest, 'subnet' | 'gateway'>,
  taken: ReadonlySet<string>,
  last: IpAddress | undefined,
): IpAddress | undefined {
  const { first, last: end } = usableOffsets(subnet);
  const start = (last && offsetOf(subnet, last)) ?? first - 1n;
  const room = end - first + 1n;
  for (let step = 0n; step < room; step++) {
    const address = nthAddress(subnet, first + ((start - first + 1n + step) % room));
    if (address !== gateway && !taken.has(address)) return address;
  }
  return undefined;
}

function requireName(argument: string, value: string, pattern: RegExp): void {
  if (pattern.test(value)) return;
  const details = `expected text matching ${pattern.source}, got ${JSON.stringify(value)}`;
  throw new CniError(CNI_CODE.INVALID_ENVIRONMENT, `invalid ${argument}`, details);
}

function requireHolder({ containerId, interfaceName }: Holder): void {
  requireName('containerId', containerId, CONTAINER_NAME);
  requireName('interfaceName', interfaceName, INTERFACE_NAME);
}

function requireRoom({ subnet, gateway, wanted }: AllocationRequest): void {
  if (addressCount(subnet) < 4n) {
    const details = `expected at least 4 addresses, got ${subnet}`;
    throw new CniError(CNI_CODE.INVALID_NETWORK_CONFIG, 'the subnet is too small to allocate from', details);
  }
  if (!contains(subnet, gateway)) {
    const details = `expected an address in ${subnet}, got ${gateway}`;
    throw new CniError(CNI_CODE.INVALID_NETWORK_CONFIG, 'the gateway lies outside the subnet', details);
  }
  if (wanted !== undefined) requireUsable(subnet, gateway, wanted);
}

function requireUsable(subnet: IpPrefix, gateway: IpAddress, wanted: IpAddress): void {
  const { first, last } = usableOffsets(subnet);
  const offset = contains(subnet, wanted) ? offsetOf(subnet, wanted) : undefined;
  if (offset !== undefined && offset >= first && offset <= last && wanted !== gateway) return;
  const range = `${nthAddress(subnet, first)} to ${nthAddress(subnet, last)} but ${gateway}`;
  const details = `expected an address of ${range}, got ${wanted}`;
  throw new CniError(CNI_CODE.INVALID_NETWORK_CONFIG, 'no address for a pod', details);
}

function isTaken(address: IpAddress, held: readonly Allocation[]): CniError {
  const { containerId, interfaceName } = held.find((one) => one.address === address)!;
  const details = `${address} is held by ${containerId || 'an unreadable file'} ${interfaceName}; ask for another`;
  return new CniError(CNI_CODE.NO_FREE_ADDRESS, 'the address is in use', details);
}

function alreadyHolds({ address, containerId, interfaceName }: Allocation): CniError {
  const details = `${containerId} ${interfaceName} holds ${address}; release it first`;
  return new CniError(CNI_CODE.ALREADY_ATTACHED, 'the container has an address already', details);
}

function noneFree({ subnet }: AllocationRequest, taken: ReadonlySet<string>): CniError {
  const details = `all of ${subnet} is in use (${taken.size} files); delete pods, or release what crashed pods left`;
  return new CniError(CNI_CODE.NO_FREE_ADDRESS, 'no free address', details);
}
