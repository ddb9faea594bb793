/**
 * The five requests that the store makes. All but the watch are the official client's; every failure comes out as a
 * LeaseError: `watch-lost` for a version that the server no longer has (410 Gone), else `unavailable`.
 *
 * The client's own Watch and Informer are not used. They drop a line that is not JSON, go on reading a connection that
 * fell silent, and can't be ended before the server has answered; an Informer besides does not tell of bookmarks.
 */
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { type RequestOptions, request as tlsRequest } from 'node:https';
import {
  type ConfigurationOptions,
  CoreV1Api,
  type KubeConfig,
  Observable,
  type ObservableMiddleware,
  PatchStrategy,
  setHeaderOptions,
} from '@kubernetes/client-node';
import type { Clock } from '../../clock.js';
import { controllerUnder } from '../../controller-under.js';
import { LeaseError } from '../../lease.js';
import { httpStatusOf, kubernetesError } from './error.js';
import type { NodeObject } from './node.js';
import type { NodePatch } from './patch.js';

/** An event as a watch sends it, one a line. */
export interface WatchEvent {
  readonly type: string;
  readonly object: NodeObject & { readonly code?: number; readonly message?: string };
}

export interface NodePage {
  readonly nodes: readonly NodeObject[];
  /** Of the whole list, the same for each page; where a watch goes on from. */
  readonly version: string;
}

export interface ApiTimes {
  readonly clock: Clock;
  /** How long an answer may take to begin, for a watch, or to end. */
  readonly answerMs: number;
  /** How long a watch may say nothing. The server sends bookmarks about every minute. */
  readonly silenceMs: number;
}

/** kubectl's and client-go's. */
const PAGE_NODES = 500;
/** After which the server ends a watch, which is then gone on with: as client-go, 5 to 10 minutes. */
const WATCH_SECONDS = 300;
const KEEP_ALIVE_MS = 15_000;

export class KubernetesApi {
  readonly #config: KubeConfig;
  readonly #core: CoreV1Api;
  readonly #times: ApiTimes;
  readonly #watches = new Set<AbortController>();

  constructor(config: KubeConfig, times: ApiTimes) {
    this.#config = config;
    this.#core = config.makeApiClient(CoreV1Api);
    this.#times = times;
  }

  /** Undefined where there is no such node. */
  async readNode(name: string, signal: AbortSignal): Promise<NodeObject | undefined> {
    try {
      return await this.#ask(`get node ${name}`, signal, (options) => this.#core.readNode({ name }, options));
    } catch (error) {
      if (httpStatusOf(error) === 404) return undefined;
      throw error;
    }
  }

  /** The node that a pod runs on. */
  readNodeName(namespace: string, pod: string, signal: AbortSignal): Promise<string | undefined> {
    return this.#ask(`get pod ${namespace}/${pod}`, signal, async (options) => {
      const { spec } = await this.#core.readNamespacedPod({ name: pod, namespace }, options);
      return spec?.nodeName || undefined;
    });
  }

  async patchNodeStatus(name: string, body: NodePatch, signal: AbortSignal): Promise<void> {
    await this.#ask(`patch nodes/status ${name}`, signal, (options) =>
      this.#core.patchNodeStatus(
        { name, body },
        setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch, options),
      ),
    );
  }

  async *listNodes(signal: AbortSignal): AsyncGenerator<NodePage> {
    let _continue: string | undefined;
    do {
      const page = { limit: PAGE_NODES, ...(_continue !== undefined && { _continue }) };
      const { items, metadata } = await this.#ask('list nodes', signal, (options) =>
        this.#core.listNode(page, options),
      );
      yield { nodes: items, version: metadata?.resourceVersion ?? '' };
      _continue = metadata?._continue || undefined;
    } while (_continue !== undefined);
  }

  /**
   * Resolves once the server has agreed to tell what comes after that version. The batches end when the connection
   * does, however it does, or when it has been silent for too long; a last line that was cut off is left out.
   */
  async watchNodes(version: string, signal: AbortSignal): Promise<AsyncIterable<readonly WatchEvent[]>> {
    const ended = controllerUnder(signal);
    this.#watches.add(ended);
    ended.signal.addEventListener('abort', () => this.#watches.delete(ended), { once: true });
    try {
      const answer = await this.#within('watch nodes', ended, () => this.#openWatch(version, ended.signal));
      return this.#readEvents(answer, ended);
    } catch (error) {
      ended.abort();
      throw error;
    }
  }

  /** Ends the connections of all watches, which go on as they do when the server ends them. */
  endWatches(): void {
    for (const watch of this.#watches) watch.abort(new Error('given up for a new connection'));
  }

  async #openWatch(version: string, signal: AbortSignal): Promise<IncomingMessage> {
    const url = new URL(`${this.#config.getCurrentCluster()!.server.replace(/\/$/, '')}/api/v1/nodes`);
    const timeoutSeconds = String(Math.floor(WATCH_SECONDS * (1 + Math.random())));
    const query = { watch: 'true', allowWatchBookmarks: 'true', resourceVersion: version, timeoutSeconds };
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const answer = await send(url, { ...options, signal });
    if (answer.statusCode === 200) return answer;
    const body = (await answer.setEncoding('utf8').toArray()).join('');
    throw Object.assign(new Error(`HTTP ${answer.statusCode}`), { code: answer.statusCode, body });
  }

  async *#readEvents(answer: IncomingMessage, ended: AbortController): AsyncGenerator<readonly WatchEvent[]> {
    let heardMs = this.#times.clock.nowMs();
    void this.#endWhenSilent(() => heardMs, ended);
    try {
      let rest = '';
      for await (const chunk of answer.setEncoding('utf8')) {
        heardMs = this.#times.clock.nowMs();
        const lines = `${rest}${chunk}`.split('\n');
        rest = lines.pop()!;
        const events = lines.filter((line) => line.trim() !== '').map(parseEvent);
        if (events.length > 0) yield events;
      }
    } catch (error) {
      // What else ends a connection is no reason not to go on with the next.
      if (error instanceof LeaseError) throw error;
    } finally {
      ended.abort();
    }
  }

  async #endWhenSilent(heardMs: () => number, ended: AbortController): Promise<void> {
    const { clock, silenceMs } = this.#times;
    while (!ended.signal.aborted) {
      const leftMs = heardMs() + silenceMs - clock.nowMs();
      if (leftMs > 0) await clock.sleep(leftMs, ended.signal);
      else ended.abort();
    }
  }

  async #ask<T>(
    what: string,
    signal: AbortSignal,
    call: (options: ConfigurationOptions) => Promise<T>,
  ): Promise<T> {
    const controller = controllerUnder(signal);
    try {
      return await this.#within(what, controller, () => call(abortedBy(controller.signal)));
    } finally {
      controller.abort();
    }
  }

  /** Aborts the controller when the answer takes too long. */
  async #within<T>(what: string, controller: AbortController, call: () => Promise<T>): Promise<T> {
    const { clock, answerMs } = this.#times;
    const answered = new AbortController();
    const late = new Error(`no answer within ${answerMs / 1000} s`);
    void clock.sleep(answerMs, answered.signal).then(() => answered.signal.aborted || controller.abort(late));
    try {
      return await call();
    } catch (cause) {
      throw kubernetesError(what, controller.signal.aborted ? controller.signal.reason : cause);
    } finally {
      answered.abort();
    }
  }
}

function send(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'http:' ? plainRequest : tlsRequest)(url, options);
    request.setSocketKeepAlive(true, KEEP_ALIVE_MS);
    request.once('response', resolve).on('error', reject).end();
  });
}

function parseEvent(line: string): WatchEvent {
  try {
    return JSON.parse(line) as WatchEvent;
  } catch (cause) {
    const found = `expected an event in JSON, found ${line.slice(0, 120)}`;
    throw new LeaseError('watch-lost', `kubernetes: watch nodes: ${found}`, { cause });
  }
}

function abortedBy(signal: AbortSignal): ConfigurationOptions {
  const middleware: ObservableMiddleware = {
    pre: (context) => {
      context.setSignal(signal);
      return new Observable(Promise.resolve(context));
    },
    post: (context) => new Observable(Promise.resolve(context)),
  };
  return { middleware: [middleware], middlewareMergeStrategy: 'append' };
}
