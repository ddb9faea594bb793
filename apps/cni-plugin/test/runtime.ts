/**
 * A container runtime, as the specification has one: it runs the plugins of a list in order for ADD and CHECK, in
 * reverse for DEL, hands each the result of the one before, and keeps the last for CHECK and DEL.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface Conflist {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly Readonly<Record<string, unknown>>[];
}

export interface Container {
  readonly id: string;
  readonly netns?: string | undefined;
  readonly interfaceName?: string;
  readonly args?: string;
  readonly capabilities?: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly code: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever a plugin prints
  readonly json: any;
  readonly stderr: string;
}

export interface Call {
  readonly plugin: string;
  readonly verb: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly config: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Where DEL found a fault it goes on, so that one plugin does not keep the others' things; the first is told. */
export class Runtime {
  readonly #results = new Map<string, unknown>();

  /** The network namespace of the host. */
  readonly host: string;
  /** Folders with plugins. */
  readonly path: readonly string[];

  /** PATH of the plugins. */
  readonly #programs: string | undefined;

  constructor(host: string, path: readonly string[], programs = process.env.PATH) {
    this.host = host;
    this.path = path;
    this.#programs = programs;
  }

  resultOf(container: Container): unknown {
    return this.#results.get(container.id);
  }

  async add(list: Conflist, container: Container, signal?: AbortSignal): Promise<Answer> {
    let last: Answer | undefined;
    for (const plugin of list.plugins) {
      last = await this.#call('ADD', list, plugin, container, last?.json, signal);
      if (last.code !== 0) return last;
    }
    this.#results.set(container.id, last?.json);
    return last!;
  }

  async check(list: Conflist, container: Container): Promise<Answer> {
    for (const plugin of list.plugins) {
      const answer = await this.#call('CHECK', list, plugin, container, this.#results.get(container.id));
      if (answer.code !== 0) return answer;
    }
    return { code: 0, json: undefined, stderr: '' };
  }

  async del(list: Conflist, container: Container, signal?: AbortSignal): Promise<Answer> {
    const answers: Answer[] = [];
    for (const plugin of list.plugins.toReversed()) {
      const result = this.#results.get(container.id);
      answers.push(await this.#call('DEL', list, plugin, container, result, signal));
    }
    const failed = answers.find(({ code }) => code !== 0);
    if (!failed) this.#results.delete(container.id);
    return failed ?? answers.at(-1)!;
  }

  /** GC and STATUS go to every plugin of the list. */
  async gc(list: Conflist, valid: readonly Container[]): Promise<Answer> {
    const attachments = valid.map(({ id, interfaceName = 'eth0' }) => ({
      containerID: id,
      ifname: interfaceName,
    }));
    return this.#all('GC', list, { 'cni.dev/valid-attachments': attachments });
  }

  async status(list: Conflist): Promise<Answer> {
    return this.#all('STATUS', list, {});
  }

  async #all(verb: string, { plugins, ...common }: Conflist, more: object): Promise<Answer> {
    let last: Answer | undefined;
    for (const plugin of plugins) {
      last = await this.call({
        plugin: String(plugin.type),
        verb,
        config: { ...plugin, ...common, ...more },
      });
      if (last.code !== 0) return last;
    }
    return last!;
  }

  #call(
    verb: string,
    { cniVersion, name }: Conflist,
    plugin: Conflist['plugins'][number],
    { id, netns, interfaceName = 'eth0', args, capabilities = {} }: Container,
    prevResult: unknown,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const declared = Object.keys((plugin.capabilities ?? {}) as object).filter((key) => key in capabilities);
    const runtimeConfig = Object.fromEntries(declared.map((key) => [key, capabilities[key]]));
    return this.call({
      plugin: String(plugin.type),
      verb,
      env: { CNI_CONTAINERID: id, CNI_NETNS: netns, CNI_IFNAME: interfaceName, CNI_ARGS: args },
      config: {
        ...plugin,
        cniVersion,
        name,
        ...(declared.length > 0 ? { runtimeConfig } : {}),
        ...(prevResult === undefined ? {} : { prevResult }),
      },
      signal,
    });
  }

  /** One plugin, in the namespace of the host. `config` as text is handed over as it is. */
  call({ plugin, verb, env = {}, config, signal }: Call): Promise<Answer> {
    const candidates = plugin.startsWith('/') ? [plugin] : this.path.map((folder) => join(folder, plugin));
    const script = 'for one in "$@"; do [ -x "$one" ] && exec "$one"; done; exit 127';
    const argv = [`--net=/var/run/netns/${this.host}`, '--', '/bin/sh', '-c', script, 'sh', ...candidates];
    const PATH = this.#programs;
    const { HOME } = process.env;
    return new Promise((resolve, reject) => {
      const child = spawn('/usr/bin/nsenter', argv, {
        env: { PATH, HOME, CNI_COMMAND: verb, CNI_PATH: this.path.join(':'), ...defined(env) },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      signal?.addEventListener('abort', () => child.kill('SIGKILL'));
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (chunk) => {
        stdout += chunk;
      });
      child.stderr.on('data', (chunk) => {
        stderr += chunk;
      });
      child.on('error', reject);
      child.on('close', (code) => {
        const json = stdout.trim() === '' ? undefined : JSON.parse(stdout);
        resolve({ code: code ?? 128, json, stderr });
      });
      child.stdin.on('error', () => {});
      child.stdin.end(typeof config === 'string' ? config : JSON.stringify(config));
    });
  }
}

const defined = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
