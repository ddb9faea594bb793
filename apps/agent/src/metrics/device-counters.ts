/** The kernel's counters of network devices: /proc/net/dev of this process's own network namespace (proc(5)). */
import { readFile } from 'node:fs/promises';

export interface DeviceCounters {
  readonly device: string;
  readonly receive: DirectionCounters;
  readonly transmit: DirectionCounters;
}

export interface DirectionCounters {
  readonly bytes: number;
  readonly packets: number;
  readonly errors: number;
  readonly drops: number;
}

/** Two head lines, then `NAME: ` and eight columns of what was received, eight of what was sent. */
const HEAD_LINES = 2;
const COLUMNS = 8;

/** Of those among `devices` that there are. */
export async function readDeviceCounters(devices: readonly string[]): Promise<DeviceCounters[]> {
  return parseDeviceCounters(await readFile('/proc/self/net/dev', 'utf8')).filter(({ device }) =>
    devices.includes(device),
  );
}

export function parseDeviceCounters(text: string): DeviceCounters[] {
  const lines = text.trimEnd().split('\n').slice(HEAD_LINES);
  return lines.map((line) => {
    const end = line.lastIndexOf(':');
    const columns = line
      .slice(end + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    const direction = (start: number): DirectionCounters => {
      const [bytes = 0, packets = 0, errors = 0, drops = 0] = columns.slice(start);
      return { bytes, packets, errors, drops };
    };
    return { device: line.slice(0, end).trim(), receive: direction(0), transmit: direction(COLUMNS) };
  });
}
