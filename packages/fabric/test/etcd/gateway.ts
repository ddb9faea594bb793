/** etcd as any other program sees it: its JSON gateway, where keys and values are base64. Independent of the store's client. */
import { request as http } from 'node:http';
import { request as https } from 'node:https';
import { json } from 'node:stream/consumers';
import type { SecureContextOptions } from 'node:tls';

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
  readonly #tls: SecureContextOptions;

  constructor(url: string, tls: SecureContextOptions = {}) {
    this.#url = url;
    this.#tls = tls;
  }

  async put(key: string, value: string, lease?: string): Promise<void> {
    await this.ask('kv/put', { key: encode(key), value: encode(value), ...(lease && { lease }) });
  }

  async delete(key: string): Promise<void> {
    await this.ask('kv/deleterange', { key: encode(key) });
  }

  /** All keys that begin so, in order. */
  async list(prefix: string): Promise<StoredKey[]> {
    const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
    const { kvs = [] } = (await this.ask('kv/range', { key: encode(prefix), range_end: encode(end) })) as {
      kvs?: JsonKey[];
    };
    return kvs.map(({ key, value = '', lease }) => ({ key: decode(key), value: decode(value), lease }));
  }

  async revision(): Promise<number> {
    const { header } = (await this.ask('kv/range', { key: encode('x') })) as {
      header: { revision: string };
    };
    return Number(header.revision);
  }

  /** Forgets all changes before now. */
  async compact(): Promise<void> {
    await this.ask('kv/compaction', { revision: await this.revision(), physical: true });
  }

  async grant(seconds: number): Promise<string> {
    return ((await this.ask('lease/grant', { TTL: seconds })) as { ID: string }).ID;
  }

  async revoke(lease: string): Promise<void> {
    await this.ask('kv/lease/revoke', { ID: lease });
  }

  async leases(): Promise<string[]> {
    const { leases = [] } = (await this.ask('kv/lease/leases', {})) as { leases?: { ID: string }[] };
    return leases.map(({ ID }) => ID);
  }

  async timeToLive(lease: string): Promise<{ TTL: string; grantedTTL: string }> {
    return (await this.ask('kv/lease/timetolive', { ID: lease })) as { TTL: string; grantedTTL: string };
  }

  /** Calls so far by their names, as etcd counts them; those made through here are among them. */
  async calls(): Promise<Record<string, number>> {
    const text = await (await fetch(`${this.#url}/metrics`)).text();
    const lines = text.matchAll(
      /^grpc_server_started_total\{grpc_method="(\w+)",grpc_service="etcdserverpb.*\} (\d+)$/gm,
    );
    return Object.fromEntries([...lines].map(([, method, count]) => [method, Number(count)]));
  }

  /** `path` below `/v3/`. Rejects where etcd answers with an error. */
  ask(path: string, body: object): Promise<unknown> {
    const send = this.#url.startsWith('https:') ? https : http;
    return new Promise((resolve, reject) => {
      const outgoing = send(`${this.#url}/v3/${path}`, { method: 'POST', ...this.#tls }, (incoming) => {
        json(incoming).then((answer) => {
          if (incoming.statusCode === 200) resolve(answer);
          else reject(new Error(`${path}: ${JSON.stringify(answer)}`));
        }, reject);
      });
      outgoing.on('error', reject);
      outgoing.end(JSON.stringify(body));
    });
  }
}

const encode = (text: string) => Buffer.from(text).toString('base64');
const decode = (text: string) => Buffer.from(text, 'base64').toString();
