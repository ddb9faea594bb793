/** Sysctls of a network namespace: those somebody set, and what the kernel has where nobody did. */

/** Where `conf/<device>/` says nothing, `conf/default/` does, and then this. */
const DEFAULTS: ReadonlyMap<string, string> = new Map([
  ['net/ipv4/ip_forward', '0'],
  ['net/ipv4/ip_default_ttl', '64'],
  ['net/ipv6/conf/all/forwarding', '0'],
]);

export class Sysctls {
  readonly #values = new Map<string, string>();

  /** Those that somebody set, and their values. */
  [Symbol.iterator](): Iterator<[key: string, value: string]> {
    return this.#values.entries();
  }

  set(key: string, value: string): void {
    this.#values.set(key, value);
    // `ip_forward` is `conf/all/forwarding` by another name, and sets it for every device.
    if (key === 'net/ipv4/ip_forward' || key === 'net/ipv4/conf/all/forwarding') {
      this.#values.set('net/ipv4/ip_forward', value);
      this.#setForAll('ipv4', value);
    }
    if (key === 'net/ipv6/conf/all/forwarding') this.#setForAll('ipv6', value);
    if (key === 'net/ipv6/conf/all/disable_ipv6') this.#setForAll('ipv6', value, 'disable_ipv6');
  }

  /** As they were read, each for itself. */
  restore(values: Readonly<Record<string, string>>): void {
    for (const [key, value] of Object.entries(values)) this.#values.set(key, value);
  }

  get(key: string): string {
    return this.#values.get(key) ?? DEFAULTS.get(key) ?? this.#default(key) ?? '0';
  }

  /** A module that is not loaded has none. */
  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** Of a device, as the kernel reads it where `all` is no more than another value for it. */
  device(family: 'ipv4' | 'ipv6', dev: string, name: string): number {
    return Number(this.get(`net/${family}/conf/${dev}/${name}`));
  }

  /** Where the larger of the device's and that of `all` counts (IN_DEV_MAXCONF). */
  largest(dev: string, name: string): number {
    return Math.max(this.device('ipv4', 'all', name), this.device('ipv4', dev, name));
  }

  /** Where the device's or that of `all` is enough (IN_DEV_ORCONF). */
  any(dev: string, name: string): boolean {
    return this.largest(dev, name) > 0;
  }

  deleteOf(dev: string): void {
    for (const key of this.#values.keys()) if (key.split('/')[3] === dev) this.#values.delete(key);
  }

  isForwarding(family: 4 | 6, dev: string): boolean {
    if (family === 6) return Number(this.get('net/ipv6/conf/all/forwarding')) > 0;
    const ofDevice = this.#values.get(`net/ipv4/conf/${dev}/forwarding`);
    return Number(ofDevice ?? this.get('net/ipv4/ip_forward')) > 0;
  }

  #setForAll(family: string, value: string, name = 'forwarding'): void {
    for (const key of this.#values.keys())
      if (key.startsWith(`net/${family}/conf/`) && key.endsWith(`/${name}`)) this.#values.delete(key);
    this.#values.set(`net/${family}/conf/all/${name}`, value);
    this.#values.set(`net/${family}/conf/default/${name}`, value);
  }

  #default(key: string): string | undefined {
    const parts = /^net\/(ipv[46])\/(conf|neigh)\/[^/]+\/(.*)$/.exec(key);
    if (parts === null) return undefined;
    const [, family, kind, name] = parts;
    return key.includes('/all/') ? undefined : this.#values.get(`net/${family}/${kind}/default/${name}`);
  }
}
