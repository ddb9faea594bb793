/**
 * The two kernels that a node is tested on, each with its time: the one in memory on a clock that is moved, the real one
 * in a namespace of its own,
 *
 *     eth0 192.168.1.HOST/24, fd00:77::HOST/64  ---veth---  far0 (same namespace, up)
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { addNetns, deleteNetns, LinuxKernel, runIn } from '@podlan/linux';
import { type Kernel, MemoryKernel } from '@podlan/linux/model';
import { type Clock, systemClock, withForwarder } from '../src/index.js';
import { FakeClock } from '../src/testing.js';

export interface Place {
  readonly kernel: Kernel;
  /** Another hand on the same kernel, where that one is not told of what it does itself. */
  readonly other?: Kernel;
  readonly clock: Clock;
  /** Lets a little time go by. */
  pass(): Promise<void>;
  dispose(): Promise<void>;
}

export interface LinuxPlace extends Place {
  /** Runs `ip` commands there, one a line. */
  ip(...lines: string[]): Promise<void>;
}

export async function memoryPlace(): Promise<Place> {
  const clock = new FakeClock(1_000_000);
  return {
    kernel: new MemoryKernel(),
    clock,
    pass: () => clock.advance(50),
    dispose: async () => {},
  };
}

const underlay = (host: number) => [
  'link set lo up',
  'link add eth0 type veth peer name far0',
  `addr add 192.168.1.${host}/24 dev eth0`,
  `addr add fd00:77::${host}/64 dev eth0 nodad`,
  'link set far0 up',
  'link set eth0 up',
];
let places = 0;

export async function linuxPlace(host = 1): Promise<LinuxPlace> {
  const netns = `fabric-${process.pid}-${++places}`;
  await addNetns(netns);
  const ip = async (...lines: string[]) => {
    const { code, stderr } = await runIn(netns, ['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` });
    if (code !== 0) throw new Error(stderr);
  };
  await ip(...underlay(host));
  // What a forwarder would hold stands beside the kernel's tables.
  const tunnels = new MemoryKernel({ devices: ['flannel.1', 'flannel-v6.1', 'flannel0'] });
  return {
    kernel: withForwarder(new LinuxKernel({ netns }), tunnels),
    ip,
    clock: systemClock,
    pass: () => sleep(25),
    dispose: () => deleteNetns(netns),
  };
}
