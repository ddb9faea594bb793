/**
 * Calls to an etcd cluster by gRPC: one of several endpoints, the next one where it does not answer; TLS, user and password.
 * Tries each endpoint once, and repeats nothing after that.
 */
import { readFileSync } from 'node:fs';
import { Client, type ClientOptions, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { MethodDefinition } from '@grpc/proto-loader';
import { controllerUnder } from '../../controller-under.js';
import { LeaseError } from '../../lease.js';
import { ETCD_PROTO, type EtcdCalls, type KeyRange, type WatchResponse } from './proto.js';

/** How to reach a cluster: flanneld's flags. */
export interface EtcdAccess {
  /** URLs, `http://` or `https://`. flanneld's two on this host by default, ports 4001 and 2379. */
  readonly endpoints?: readonly string[];
  /** PEM files. The CA's is for `https://` endpoints; the system's are trusted where none is given. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly username?: string;
  readonly password?: string;
  /** How long an endpoint has to answer in; 5 s by default. */
  readonly requestTimeoutMs?: number;
  /** A connection that says nothing for so long is asked for a sign of life; 10 s by default. etcd refuses less than 5 s. */
  readonly keepAliveMs?: number;
}

const DEFAULT_ENDPOINTS = ['http://127.0.0.1:4001', 'http://127.0.0.1:2379'];
const DEFAULT_PORT = 2379;
const DEFAULT_REQUEST_TIMEOUT_MS = 5_000;
const DEFAULT_KEEP_ALIVE_MS = 10_000;
/** etcd's answers on a path that can't be gone on with here, but perhaps at another member. */
const AWAY: readonly status[] = [status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.INTERNAL];

export class EtcdClient {
  readonly #access: EtcdAccess;
  readonly #endpoints: readonly string[];
  #clients: readonly Client[];
  #current = 0;
  /** Aborts with the connections that streams go by. */
  #connected = new AbortController();
  #token: string | undefined;

  /** Connects when first used. Throws LeaseError `bad-config` for an endpoint or a file that is no good. */
  constructor(access: EtcdAccess) {
    this.#access = access;
    this.#endpoints = access.endpoints ?? DEFAULT_ENDPOINTS;
    if (this.#endpoints.length === 0) throw badAccess('endpoints', 'a URL', 'none');
    this.#clients = this.#endpoints.map((endpoint) => makeClient(endpoint, access));
  }

  /** Rejects with LeaseError `unavailable`. */
  async call<M extends keyof EtcdCalls>(method: M, request: EtcdCalls[M][0]): Promise<EtcdCalls[M][1]> {
    let failure: unknown;
    for (let tries = 0; tries < this.#clients.length; tries++) {
      const at = this.#current;
      try {
        return await this.#callWithToken(at, method, request);
      } catch (error) {
        failure = error;
        if (!this.#isAway(error, at)) break;
      }
    }
    throw this.#told(failure);
  }

  /**
   * Leaves all connections: those of an address that this host no longer has would be silent for long. What was asked by
   * them is lost.
   */
  reconnect(): void {
    this.close();
    this.#clients = this.#endpoints.map((endpoint) => makeClient(endpoint, this.#access));
    this.#connected.abort();
    this.#connected = new AbortController();
  }

  /** What happens in `range` from `revision` on. Ends when `signal` aborts; else throws LeaseError `unavailable`. */
  async *watch(range: KeyRange, revision: bigint, signal: AbortSignal): AsyncGenerator<WatchResponse> {
    const at = this.#current;
    const { path, requestSerialize, responseDeserialize } = methodOf('Watch/Watch');
    const stream = this.#clients[at]!.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize as (bytes: Buffer) => WatchResponse,
      this.#metadata(),
    );
    const cancel = () => stream.cancel();
    const until = controllerUnder(signal, this.#connected.signal);
    // Also after the loop below has ended, which hears of errors itself.
    stream.on('error', () => {});
    until.signal.addEventListener('abort', cancel);
    try {
      stream.write({ create_request: { ...range, start_revision: `${revision}` } });
      if (!signal.aborted) for await (const response of stream) yield response;
    } catch (error) {
      if (signal.aborted) return;
      this.#isAway(error, at);
      throw this.#told(error);
    } finally {
      until.abort();
    }
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  /** Tokens end, with time and when users change: a second one is had once. */
  async #callWithToken<M extends keyof EtcdCalls>(
    at: number,
    method: M,
    request: EtcdCalls[M][0],
  ): Promise<EtcdCalls[M][1]> {
    if (this.#access.username === undefined) return this.#callAt(at, method, request);
    const used = this.#token;
    try {
      if (used === undefined) await this.#authenticate(at);
      return await this.#callAt(at, method, request);
    } catch (error) {
      if (used === undefined || !isStaleToken(error)) throw error;
      await this.#authenticate(at);
      return this.#callAt(at, method, request);
    }
  }

  async #authenticate(at: number): Promise<void> {
    const { username: name = '', password = '' } = this.#access;
    this.#token = undefined;
    try {
      this.#token = (await this.#callAt(at, 'Auth/Authenticate', { name, password })).token;
    } catch (error) {
      // A cluster that asks nobody who he is.
      if (!/authentication is not enabled/.test((error as ServiceError).details)) throw error;
      this.#token = '';
    }
  }

  #callAt<M extends keyof EtcdCalls>(
    at: number,
    method: M,
    request: EtcdCalls[M][0],
  ): Promise<EtcdCalls[M][1]> {
    const { path, requestSerialize, responseDeserialize } = methodOf(method);
    const deserialize = responseDeserialize as (bytes: Buffer) => EtcdCalls[M][1];
    const deadline = Date.now() + (this.#access.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS);
    return new Promise((resolve, reject) => {
      this.#clients[at]!.makeUnaryRequest(
        path,
        requestSerialize,
        deserialize,
        request,
        this.#metadata(),
        { deadline },
        (error, response) => (error === null ? resolve(response!) : reject(error)),
      );
    });
  }

  /** A member that has lost its leader is to say so, not to keep us waiting (clientv3's WithRequireLeader). */
  #metadata(): Metadata {
    const metadata = new Metadata();
    metadata.set('hasleader', 'true');
    if (this.#token !== undefined && this.#token !== '') metadata.set('token', this.#token);
    return metadata;
  }

  /** If so, the next call goes to the next endpoint. */
  #isAway(error: unknown, at: number): boolean {
    if (!AWAY.includes((error as ServiceError).code)) return false;
    if (this.#current === at) this.#current = (at + 1) % this.#clients.length;
    return true;
  }

  #told(cause: unknown): LeaseError {
    const { code, details = (cause as Error).message } = cause as ServiceError;
    const say = (expected: string, advice: string) => {
      const message = `etcd at ${this.#endpoints.join(', ')}: expected ${expected}, found ${details}; ${advice}`;
      return new LeaseError('unavailable', message, { cause });
    };
    const isRefused = code === status.PERMISSION_DENIED || code === status.UNAUTHENTICATED;
    if (isRefused || /authenticat/.test(details) || isForUsersOnly(details)) {
      const user = this.#access.username ?? 'nobody';
      return say(`${user} to be allowed in`, "check user name, password and the role's permissions");
    }
    if (code === status.RESOURCE_EXHAUSTED)
      return say('room to write', 'compact and defragment it, then disarm its alarm');
    return say('an answer', 'check that it runs and can be reached from here');
  }
}

function methodOf(name: string): MethodDefinition<object, object> {
  const [service, method] = name.split('/') as [string, string];
  const definition = ETCD_PROTO[`etcdserverpb.${service}`] as Record<
    string,
    MethodDefinition<object, object>
  >;
  return definition[method]!;
}

function isStaleToken(error: unknown): boolean {
  const { code, details } = error as ServiceError;
  return code === status.UNAUTHENTICATED || /auth store is old/.test(details) || isForUsersOnly(details);
}

/** What a cluster tells one without a token, since it began to ask for users. */
const isForUsersOnly = (details: string) => /user name is empty/.test(details);

function makeClient(endpoint: string, access: EtcdAccess): Client {
  const match = /^(?:(https?):\/\/)?(\[[\da-f:.]+\]|[\w.-]+)(?::(\d+))?\/?$/i.exec(endpoint);
  if (match === null) throw badAccess(`endpoint`, 'http://HOST:PORT or https://HOST:PORT', endpoint);
  const [, scheme = access.certFile === undefined ? 'http' : 'https', host, port = DEFAULT_PORT] = match;
  const secure = scheme.toLowerCase() === 'https';
  const channel = secure ? secureCredentials(access) : credentials.createInsecure();
  return new Client(`dns:${host}:${port}`, channel, channelOptions(access));
}

function secureCredentials({ caFile, certFile, keyFile }: EtcdAccess) {
  const [ca, key, cert] = [caFile, keyFile, certFile].map((path) =>
    path === undefined ? null : readPem(path),
  );
  try {
    return credentials.createSsl(ca, key, cert);
  } catch (cause) {
    throw badAccess('certificates', 'PEM files, a key and its certificate', (cause as Error).message);
  }
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw badAccess(`file ${path}`, 'a PEM file', (cause as Error).message);
  }
}

/** A server that came back is found within a second; a lease list may be long; a dead connection is noticed. */
function channelOptions({ keepAliveMs = DEFAULT_KEEP_ALIVE_MS }: EtcdAccess): ClientOptions {
  return {
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    'grpc.keepalive_time_ms': keepAliveMs,
    'grpc.keepalive_timeout_ms': keepAliveMs,
    'grpc.max_receive_message_length': -1,
    'grpc.enable_http_proxy': 0,
    'grpc.use_local_subchannel_pool': 1,
  };
}

function badAccess(what: string, expected: string, found: string): LeaseError {
  return new LeaseError('bad-config', `etcd ${what}: expected ${expected}, found ${found}`);
}
