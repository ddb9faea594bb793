/**
 * In a fresh network namespace each:
 *
 *     eth0 192.168.77.11/24, fd00:77::11/64  ---veth---  other0 (same namespace, up)
 */
import { afterAll } from 'vitest';
import { LinuxKernel } from '../src/linux-kernel.js';
import { addNetns, deleteNetns, runIn } from '../src/netns.js';
import { testKernel } from '../src/testing.js';

let count = 0;
const made: string[] = [];

async function underlay(netns: string): Promise<void> {
  const commands = [
    'link set lo up',
    'link add eth0 type veth peer name other0',
    'addr add 192.168.77.11/24 dev eth0',
    'addr add fd00:77::11/64 dev eth0 nodad',
    'link set other0 up',
    'link set eth0 up',
  ];
  const { code, stderr } = await runIn(netns, ['ip', '-batch', '-'], { input: `${commands.join('\n')}\n` });
  if (code !== 0) throw new Error(stderr);
}

testKernel('LinuxKernel', async () => {
  const netns = `linux-${process.pid}-${++count}`;
  made.push(netns);
  await addNetns(netns);
  await underlay(netns);
  return {
    kernel: new LinuxKernel({ netns }),
    other: new LinuxKernel({ netns }),
    dispose: () => deleteNetns(netns),
  };
});

afterAll(async () => {
  for (const netns of made) await deleteNetns(netns);
});
