/** A host of a lab with a podman of its own: storage, configuration, plugins and networks in one folder. */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@podlan/linux';
import { findProgram } from '@podlan/tooling/system-programs';
import { PLUGIN, PLUGIN_FOLDER, STANDARD_PLUGINS } from './host.js';

/** What containers find in their root: one program under several names. */
const APPLETS = ['sh', 'ip', 'nc', 'ping', 'sleep', 'wget', 'httpd'];

export class PodmanHost {
  readonly netns: string;
  readonly rootfs: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'podlan-podman-'));

  constructor(netns: string, subnetFile: string) {
    this.netns = netns;
    this.rootfs = this.#makeRoot();
    this.#configure(subnetFile);
  }

  /** Throws where podman fails. Its mounts stay in the mount namespace of these tests: no `ip netns exec`. */
  async podman(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await run([...this.#argv, ...args]);
    if (code !== 0) throw new Error(`podman ${args.join(' ')}: exit ${code}: ${stderr}`);
    return stdout.trim();
  }

  /** In the host's network namespace. */
  async exec(...argv: string[]): Promise<string> {
    const { code, stdout, stderr } = await run([
      'nsenter',
      `--net=/var/run/netns/${this.netns}`,
      '--',
      ...argv,
    ]);
    if (code !== 0) throw new Error(`${argv.join(' ')}: exit ${code}: ${stderr}`);
    return stdout;
  }

  /** A container of a pod, from the absolute path of its root. */
  async start(pod: string, name: string, ...command: string[]): Promise<void> {
    await this.podman('run', '-d', '--pod', pod, '--name', name, '--rootfs', this.rootfs, ...command);
  }

  reserved(): string[] {
    try {
      return readdirSync(join(this.#folder, 'networks', 'podlan')).filter((name) => isIP(name) !== 0);
    } catch {
      return [];
    }
  }

  async dispose(): Promise<void> {
    await run([...this.#argv, 'pod', 'rm', '--all', '--force', '--time', '0']);
    await run(['umount', join(this.#folder, 'root', 'overlay')]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #argv(): string[] {
    const at = (name: string) => join(this.#folder, name);
    return [
      'nsenter',
      `--net=/var/run/netns/${this.netns}`,
      '--',
      'env',
      `CONTAINERS_CONF=${at('containers.conf')}`,
      'podman',
      ...['--root', at('root'), '--runroot', at('run'), '--tmpdir', at('tmp')],
      ...['--cgroup-manager=cgroupfs', '--runtime', 'runc'],
    ];
  }

  #makeRoot(): string {
    const root = join(this.#folder, 'rootfs');
    for (const name of ['bin', 'proc', 'sys', 'dev', 'etc', 'tmp', 'www'])
      mkdirSync(join(root, name), { recursive: true });
    copyFileSync(findProgram('busybox')!, join(root, 'bin/busybox'));
    for (const applet of APPLETS) symlinkSync('busybox', join(root, 'bin', applet));
    writeFileSync(join(root, 'www/index.html'), 'from the pod\n');
    return root;
  }

  #configure(subnetFile: string): void {
    const at = (name: string) => join(this.#folder, name);
    for (const name of ['bin', 'net.d']) mkdirSync(at(name));
    copyFileSync(join(PLUGIN_FOLDER, PLUGIN), at('bin/podlan-cni'));
    chmodSync(at('bin/podlan-cni'), 0o755);
    const podlan = {
      type: 'podlan-cni',
      subnetFile,
      dataDir: at('flannel'),
      ipam: { dataDir: at('networks') },
      delegate: { hairpinMode: true, isDefaultGateway: true },
    };
    const plugins = [podlan, { type: 'portmap', capabilities: { portMappings: true } }];
    writeFileSync(
      at('net.d/10-podlan.conflist'),
      JSON.stringify({ cniVersion: '1.0.0', name: 'podlan', plugins }),
    );
    writeFileSync(
      at('containers.conf'),
      [
        '[network]',
        'network_backend = "cni"',
        `cni_plugin_dirs = ${JSON.stringify([at('bin'), ...STANDARD_PLUGINS])}`,
        `network_config_dir = "${at('net.d')}"`,
        '[engine]',
        'events_logger = "file"',
        '[containers]',
        'default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]',
        '',
      ].join('\n'),
    );
  }
}
