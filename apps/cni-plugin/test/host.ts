/** A host for the plugin: a network namespace, a folder with subnet.env and host-local's files, and pods' namespaces. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addNetns, deleteNetns, runIn } from '@podlan/linux';
import { type Conflist, type Container, Runtime } from './runtime.js';

/** The built plugin. */
export const PLUGIN_FOLDER = fileURLToPath(new URL('../build', import.meta.url));
export const PLUGIN = 'podlan-cni.cjs';

/** Where Debian's containernetworking-plugins are, and where others put theirs. */
export const STANDARD_PLUGINS = ['/usr/lib/cni', '/opt/cni/bin'];

export const SUBNET_ENV = [
  'FLANNEL_NETWORK=10.244.0.0/16',
  'FLANNEL_SUBNET=10.244.1.1/24',
  'FLANNEL_MTU=1450',
  'FLANNEL_IPMASQ=true',
  '',
].join('\n');

export const DUAL_STACK = SUBNET_ENV.replace(
  'FLANNEL_MTU',
  'FLANNEL_IPV6_NETWORK=fd00:244::/48\nFLANNEL_IPV6_SUBNET=fd00:244:0:1::1/64\nFLANNEL_MTU',
);

let count = 0;

export class TestHost {
  readonly name = `plugin-${process.pid}-${++count}`;
  readonly folder = mkdtempSync(join(tmpdir(), 'podlan-plugin-'));
  readonly runtime = new Runtime(this.name, [PLUGIN_FOLDER, ...STANDARD_PLUGINS]);
  readonly subnetFile = join(this.folder, 'subnet.env');
  readonly dataDir = join(this.folder, 'flannel');
  readonly networksDir = join(this.folder, 'networks');
  readonly #namespaces: string[] = [this.name];

  static async start(subnetEnv: string | undefined = SUBNET_ENV): Promise<TestHost> {
    const host = new TestHost();
    await addNetns(host.name);
    if (subnetEnv !== undefined) host.writeSubnetEnv(subnetEnv);
    await host.exec('ip', 'link', 'set', 'lo', 'up');
    return host;
  }

  async dispose(): Promise<void> {
    for (const one of this.#namespaces) await deleteNetns(one);
    rmSync(this.folder, { recursive: true, force: true });
  }

  writeSubnetEnv(text: string): void {
    writeFileSync(this.subnetFile, text);
  }

  /** podlan's own entry of a list. */
  get plugin() {
    return {
      type: PLUGIN,
      subnetFile: this.subnetFile,
      dataDir: this.dataDir,
      ipam: { dataDir: this.networksDir },
      delegate: { hairpinMode: true, isDefaultGateway: true },
    };
  }

  list(more: object = {}, cniVersion = '1.1.0', ...others: Conflist['plugins'][number][]): Conflist {
    return { cniVersion, name: 'podlan', plugins: [{ ...this.plugin, ...more }, ...others] };
  }

  /** A container with a namespace of its own, `lo` up as a runtime has it. */
  async container(id: string): Promise<Container & { readonly netns: string }> {
    const name = `${this.name}-${id}`;
    await addNetns(name);
    this.#namespaces.push(name);
    await runIn(name, ['ip', 'link', 'set', 'lo', 'up']);
    return { id, netns: `/var/run/netns/${name}` };
  }

  /** Throws where the program fails. */
  async exec(...argv: string[]): Promise<string> {
    return within(this.name, ...argv);
  }

  async json(...argv: string[]) {
    return JSON.parse(await this.exec('ip', '-j', ...argv));
  }

  async links(): Promise<string[]> {
    return (await this.json('link')).map(({ ifname }: { ifname: string }) => ifname).sort();
  }

  /** Names of the addresses handed out. */
  reserved(network = 'podlan'): string[] {
    try {
      return readdirSync(join(this.networksDir, network)).filter((name) => isIP(name) !== 0);
    } catch {
      return [];
    }
  }
}

export async function within(netns: string, ...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await runIn(netns, argv);
  if (code !== 0) throw new Error(`${argv.join(' ')}: exit ${code}: ${stderr}`);
  return stdout;
}
