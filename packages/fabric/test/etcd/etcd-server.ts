/**
 * Debian's etcd on loopback, for tests: one member or several, on free ports, with its data in a folder of its own.
 *
 *     const etcd = await EtcdServer.start({ members: 3 });
 *     etcd.urls                     // where clients go
 *     await etcd.kill(0)            // SIGKILL; the data stay
 *     await etcd.restart(0)
 *     await etcd.stop()             // all of it, data included
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './free-ports.js';

export interface EtcdServerOptions {
  /** 1 by default. */
  readonly members?: number;
  /** More flags for every member, such as those for TLS. */
  readonly flags?: readonly string[];
  readonly scheme?: 'http' | 'https';
}

interface Member {
  readonly name: string;
  readonly port: number;
  readonly peerPort: number;
  process?: ChildProcess;
}

interface Status {
  readonly header: { readonly member_id: string };
  readonly leader: string;
}

const TRIES = 5;

export class EtcdServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'podlan-etcd-'));
  readonly #options: EtcdServerOptions;
  #members: Member[] = [];

  private constructor(options: EtcdServerOptions) {
    this.#options = options;
  }

  /** Resolves when it serves. */
  static async start(options: EtcdServerOptions = {}): Promise<EtcdServer> {
    for (let tries = 1; ; tries++) {
      const server = new EtcdServer(options);
      try {
        await server.#start();
        return server;
      } catch (error) {
        await server.stop();
        if (tries === TRIES) throw error;
      }
    }
  }

  /** One for each member. */
  get urls(): string[] {
    return this.#members.map(({ port }) => `${this.#options.scheme ?? 'http'}://127.0.0.1:${port}`);
  }

  get url(): string {
    return this.urls[0]!;
  }

  async kill(index = 0, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { process } = this.#members[index]!;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    const ended = once(process, 'exit');
    process.kill(signal);
    await ended;
  }

  /** With the data it had. Resolves when it serves. */
  async restart(index = 0): Promise<void> {
    const member = this.#members[index]!;
    this.#launch(member);
    await this.#serving(member);
  }

  /** Which member leads. */
  async leader(): Promise<number> {
    const answers = this.urls.map((url) =>
      fetch(`${url}/v3/maintenance/status`, { method: 'POST', body: '{}' }),
    );
    const states = await Promise.all(answers.map(async (answer) => (await answer).json() as Promise<Status>));
    return states.findIndex(({ header, leader }) => header.member_id === leader);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map((_, index) => this.kill(index)));
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const count = this.#options.members ?? 1;
    const ports = await freePorts(count * 2);
    this.#members = Array.from({ length: count }, (_, i) => {
      return { name: `m${i}`, port: ports[i]!, peerPort: ports[count + i]! };
    });
    for (const member of this.#members) this.#launch(member);
    await Promise.all(this.#members.map((member) => this.#serving(member)));
  }

  #launch(member: Member): void {
    const { flags = [], scheme = 'http' } = this.#options;
    const [client, peer] = [`${scheme}://127.0.0.1:${member.port}`, `http://127.0.0.1:${member.peerPort}`];
    const cluster = this.#members.map(({ name, peerPort }) => `${name}=http://127.0.0.1:${peerPort}`);
    const values: [string, string][] = [
      ['name', member.name],
      ['data-dir', join(this.folder, member.name)],
      ['listen-client-urls', client],
      ['advertise-client-urls', client],
      ['listen-peer-urls', peer],
      ['initial-advertise-peer-urls', peer],
      ['initial-cluster', cluster.join(',')],
      ['logger', 'zap'],
      ['log-outputs', join(this.folder, `${member.name}.log`)],
      // Leases may be as short as a second, and a keep-alive as soon as a test wants it.
      ['heartbeat-interval', '50'],
      ['election-timeout', '500'],
      ['grpc-keepalive-min-time', '50ms'],
    ];
    const args = values.map(([flag, value]) => `--${flag}=${value}`);
    member.process = spawn('etcd', [...args, ...flags], { stdio: 'ignore' });
    member.process.on('error', () => {});
  }

  /** The line that etcd writes once it takes requests; a process that ended never will. */
  async #serving({ name, process }: Member): Promise<void> {
    const path = join(this.folder, `${name}.log`);
    const before = logOf(path).split(SERVING).length;
    for (;;) {
      if (process?.pid === undefined) throw new Error('etcd cannot be run: install etcd-server');
      if (process.exitCode !== null)
        throw new Error(`etcd ended: ${logOf(path).split('\n').slice(-3).join('\n')}`);
      if (logOf(path).split(SERVING).length > before) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const SERVING = /serving .*client traffic/;

function logOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
