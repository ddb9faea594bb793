/** What only calls of the kernel tell: the features of devices, and whether the clock is kept. */
import { fileURLToPath } from 'node:url';
import { isClockSynchronized, runIn } from '@podlan/linux';
import type { ClockSnapshot, DeviceFeatures } from '@podlan/simulator/snapshot';
import type { Netns } from '../tool-text.js';

const PRINT_FEATURES = fileURLToPath(new URL('./print-features.js', import.meta.url));

/** By a process of its own: only one without threads may enter a namespace and go on as before. */
export async function readFeatures(
  netns: Netns,
  devices: readonly string[],
): Promise<DeviceFeatures[] | undefined> {
  if (devices.length === 0) return undefined;
  const { code, stdout } = await runIn(netns, [process.execPath, PRINT_FEATURES, ...devices]);
  return code === 0 ? (JSON.parse(stdout) as DeviceFeatures[]) : undefined;
}

export function readClock(): ClockSnapshot | undefined {
  try {
    return { synchronized: isClockSynchronized() };
  } catch {
    return undefined;
  }
}
