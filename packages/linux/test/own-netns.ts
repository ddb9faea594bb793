/** Moves the test's own thread into a fresh network namespace, where it can open what Node.js opens. */
import * as libc from '../src/libc.js';
import { addNetns, deleteNetns, netnsPath, runIn } from '../src/netns.js';

const CLONE_NEWNET = 0x40000000;

export interface OwnNetns {
  readonly netns: string;
  /** Runs `ip` commands, one a line. */
  ip(...lines: string[]): Promise<void>;
  /** Resolves once a device that was just opened carries packets: the kernel turns its queue on a moment later. */
  carrier(name: string): Promise<void>;
  dispose(): Promise<void>;
}

function enter(path: string): void {
  const fd = libc.open(path, libc.O_CLOEXEC, 0);
  const result = libc.setns(fd, CLONE_NEWNET);
  libc.close(fd);
  if (result < 0) throw new Error(`cannot enter ${path}: ${libc.errnoName(libc.errno())}`);
}

export async function ownNetns(netns: string): Promise<OwnNetns> {
  await addNetns(netns);
  const home = libc.open('/proc/thread-self/ns/net', libc.O_CLOEXEC, 0);
  enter(netnsPath(netns));
  return {
    netns,
    async ip(...lines) {
      const { code, stderr } = await runIn(netns, ['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` });
      if (code !== 0) throw new Error(stderr);
    },
    async carrier(name) {
      const isOn = async () => (await runIn(netns, ['ip', 'link', 'show', name])).stdout.includes('state UP');
      while (!(await isOn()));
    },
    async dispose() {
      libc.setns(home, CLONE_NEWNET);
      libc.close(home);
      await deleteNetns(netns);
    },
  };
}
