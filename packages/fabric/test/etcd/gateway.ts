/** etcd as any other program sees it: its JSON gateway, where keys and values are base64. Independent of the store's client. */

export interface StoredKey {
  readonly key: string;
  readonly value: string;
  /** undefined: without a lease. */
  readonly lease: string | undefined;
}

interface JsonKey {
  readonly key: string;
  readonly value?: string;
  readonly lease?: string;
}

export class Gateway {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async put(key: string, value: string, lease?: string): Promise<void> {
    await this.#post('kv/put', { key: encode(key), value: encode(value), ...(lease && { lease }) });
  }

  async delete(key: string): Promise<void> {
    await this.#post('kv/deleterange', { key: encode(key) });
  }

  /** All keys that begin so, in order. */
  async list(prefix: string): Promise<StoredKey[]> {
    const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
    const { kvs = [] } = (await this.#post('kv/range', { key: encode(prefix), range_end: encode(end) })) as {
      kvs?: JsonKey[];
    };
    return kvs.map(({ key, value = '', lease }) => ({ key: decode(key), value: decode(value), lease }));
  }

  async revision(): Promise<number> {
    const { header } = (await this.#post('kv/range', { key: encode('x') })) as {
      header: { revision: string };
    };
    return Number(header.revision);
  }

  /** Forgets all changes before now. */
  async compact(): Promise<void> {
    await this.#post('kv/compaction', { revision: await this.revision(), physical: true });
  }

  async grant(seconds: number): Promise<string> {
    return ((await this.#post('lease/grant', { TTL: seconds })) as { ID: string }).ID;
  }

  async revoke(lease: string): Promise<void> {
    await this.#post('kv/lease/revoke', { ID: lease });
  }

  async leases(): Promise<string[]> {
    const { leases = [] } = (await this.#post('kv/lease/leases', {})) as { leases?: { ID: string }[] };
    return leases.map(({ ID }) => ID);
  }

  async timeToLive(lease: string): Promise<{ TTL: string; grantedTTL: string }> {
    return (await this.#post('kv/lease/timetolive', { ID: lease })) as { TTL: string; grantedTTL: string };
  }

  async #post(path: string, body: object): Promise<unknown> {
    const response = await fetch(`${this.#url}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  }
}

const encode = (text: string) => Buffer.from(text).toString('base64');
const decode = (text: string) => Buffer.from(text, 'base64').toString();
