/**
 * An API server of a test's own. It keeps nodes, and speaks what the Kubernetes API reference says of them: get, list in
 * pages, watch with bookmarks, and strategic merge patches of nodes/status; TLS, bearer tokens and client certificates.
 */
import {
  createServer as createPlain,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTls, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type JsonObject, type NodeEvent, NodeObjects, nameOf } from './objects.js';

export interface ServerSettings {
  readonly tls?: ServerOptions;
  /** Whom to let in; everybody by default. */
  readonly admits?: (request: IncomingMessage) => boolean;
}

/** A request as RBAC sees it. */
export interface Asked {
  readonly verb: 'get' | 'list' | 'watch' | 'patch';
  /** With the subresource: `nodes/status`. */
  readonly resource: string;
  readonly query: Readonly<Record<string, string>>;
}

interface OpenWatch {
  readonly response: ServerResponse;
  readonly bookmarks: boolean;
  isMute: boolean;
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  415: 'UnsupportedMediaType',
  500: 'InternalError',
};

const PATCH_TYPE = 'application/strategic-merge-patch+json';
const PATH =
  /^\/api\/v1\/(namespaces\/(?<namespace>[^/]+)\/)?(?<resource>nodes|pods)(\/(?<name>[^/]+)(?<subresource>\/status)?)?$/;

export class KubernetesServer {
  readonly objects = new NodeObjects();
  readonly asked: Asked[] = [];
  /** Node by `namespace/pod`; an empty one for a pod that waits for its node. */
  readonly pods = new Map<string, string>();
  /** Rights that are not given, as `patch nodes/status`. */
  readonly denied = new Set<string>();
  /** Statuses to answer the next requests with, first come. */
  readonly failures: number[] = [];
  /** True to leave every request without an answer. */
  isHanging = false;
  /** How many lists are compacted away after their first page. */
  forgetsLists = 0;
  /** Old versions are refused by HTTP, in place of an event. */
  refusesOldVersions = false;
  readonly #settings: ServerSettings;
  readonly #watches = new Set<OpenWatch>();
  readonly #sockets = new Set<Socket>();
  readonly #lists = new Map<string, JsonObject[]>();
  #server: Server | undefined;
  #port = 0;

  constructor(settings: ServerSettings = {}) {
    this.#settings = settings;
  }

  get url(): string {
    return `${this.#settings.tls === undefined ? 'http' : 'https'}://127.0.0.1:${this.#port}`;
  }

  get watches(): number {
    return this.#watches.size;
  }

  /** On the port it had, if it was started before. */
  async start(): Promise<this> {
    const { tls } = this.#settings;
    const answer = (request: IncomingMessage, response: ServerResponse) =>
      void this.#answer(request, response);
    const server = tls === undefined ? createPlain(answer) : createTls(tls, answer);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server!.close(resolve));
    this.cut();
    await closed;
  }

  /** Ends all watches as their `timeoutSeconds` would. */
  endWatches(): void {
    this.mute();
    for (const { response } of this.#watches) response.end();
  }

  /** Breaks all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** What is open now hears nothing any more, and stays open. */
  mute(): void {
    for (const watch of this.#watches) watch.isMute = true;
  }

  bookmark(): void {
    const metadata = { resourceVersion: String(this.objects.version), creationTimestamp: null };
    const object = { kind: 'Node', apiVersion: 'v1', metadata, spec: {}, status: {} };
    for (const watch of this.#watches) if (watch.bookmarks) this.#send(watch, { type: 'BOOKMARK', object });
  }

  /** Sends a line as it is. */
  say(line: string): void {
    for (const { response } of this.#watches) response.write(line);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.isHanging) return;
    try {
      await this.#serve(request, response);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      json(response, error.code, status(error.code, error.message));
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://server');
    const query = Object.fromEntries(url.searchParams);
    const path = PATH.exec(url.pathname)?.groups;
    if (this.#settings.admits?.(request) === false) throw new Refusal(401, 'Unauthorized');
    if (path === undefined) throw new Refusal(404, 'the server could not find the requested resource');
    const { namespace, name } = path;
    const resource = `${path.resource}${path.subresource ?? ''}`;
    const verb = verbOf(request, name, query);
    this.asked.push({ verb, resource, query });
    if (this.denied.has(`${verb} ${resource}`)) throw new Refusal(403, `cannot ${verb} ${resource}`);
    const failure = this.failures.shift();
    if (failure !== undefined) throw new Refusal(failure, 'as the test wants it');
    if (resource === 'pods') json(response, 200, this.#pod(`${namespace}/${name}`));
    else if (verb === 'watch') this.#answerWatch(response, query);
    else if (verb === 'list') json(response, 200, this.#list(query));
    else if (verb === 'get') json(response, 200, this.#node(name!));
    else json(response, 200, await this.#patch(request, name!, resource === 'nodes/status'));
  }

  #pod(key: string): object {
    const nodeName = this.pods.get(key);
    if (nodeName === undefined) throw new Refusal(404, `pods "${key}" not found`);
    return { kind: 'Pod', apiVersion: 'v1', spec: nodeName === '' ? {} : { nodeName } };
  }

  #node(name: string): JsonObject {
    const node = this.objects.get(name);
    if (node === undefined) throw new Refusal(404, `nodes "${name}" not found`);
    return node;
  }

  /** All pages of a list are of the version that its first was made at. */
  #list({ continue: token, limit }: Readonly<Record<string, string>>): object {
    const [version = '', after = ''] = token?.split(' ') ?? [String(this.objects.version)];
    const list = token === undefined ? this.objects.list() : this.#lists.get(version);
    if (list === undefined) throw new Refusal(410, 'the continue parameter is too old');
    this.#lists.set(version, list);
    const left = list.filter((node) => nameOf(node) > after);
    const items = left.slice(0, Number(limit ?? left.length));
    if (token === undefined && this.forgetsLists-- > 0) this.#lists.delete(version);
    const more = items.length < left.length ? { continue: `${version} ${nameOf(items.at(-1)!)}` } : {};
    return { kind: 'NodeList', apiVersion: 'v1', metadata: { resourceVersion: version, ...more }, items };
  }

  #answerWatch(response: ServerResponse, query: Readonly<Record<string, string>>): void {
    const version = Number(query.resourceVersion);
    const isOld = version < this.objects.oldest;
    if (isOld && this.refusesOldVersions) throw new Refusal(410, 'too old resource version');
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    if (isOld) {
      response.end(line({ type: 'ERROR', object: status(410, 'too old resource version') }));
      return;
    }
    const watch = { response, bookmarks: query.allowWatchBookmarks === 'true', isMute: false };
    for (const event of this.objects.since(version)) this.#send(watch, event);
    const stop = this.objects.onEvent((event) => this.#send(watch, event));
    this.#watches.add(watch);
    response.on('close', () => {
      stop();
      this.#watches.delete(watch);
    });
  }

  async #patch(request: IncomingMessage, name: string, isStatus: boolean): Promise<JsonObject> {
    const text = (await request.setEncoding('utf8').toArray()).join('');
    const node = this.#node(name);
    if (request.headers['content-type'] !== PATCH_TYPE) throw new Refusal(415, 'not such a patch');
    const { metadata = {}, ...rest } = JSON.parse(text) as { metadata?: JsonObject; status?: JsonObject };
    const { resourceVersion } = node.metadata as JsonObject;
    if ((metadata.resourceVersion ?? resourceVersion) !== resourceVersion) {
      throw new Refusal(409, 'the object has been modified');
    }
    // Of the rest of a node, nodes/status holds the status alone.
    return this.objects.patch(
      name,
      isStatus ? { metadata, status: rest.status ?? {} } : { metadata, ...rest },
    );
  }

  #send(watch: OpenWatch, { type, object }: { type: string; object: unknown } | NodeEvent): void {
    if (!watch.isMute) watch.response.write(line({ type, object }));
  }
}

function verbOf(
  { method }: IncomingMessage,
  name: string | undefined,
  query: Readonly<Record<string, string>>,
): Asked['verb'] {
  if (method === 'PATCH') return 'patch';
  if (name !== undefined) return 'get';
  return query.watch === 'true' ? 'watch' : 'list';
}

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

const status = (code: number, message: string) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message,
  reason: REASONS[code] ?? 'Unknown',
  code,
});

function json(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

class Refusal extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
