/** What an owner's rows failed at last, and when that is tried again. */
import type { Failure } from '@podlan/linux/model';
import { BackOff } from './back-off.js';
import { HOST } from './desired-rows.js';

export interface Trouble {
  readonly backOff: BackOff;
  retryAtMs: number;
  failures: readonly Failure[];
}

export const FIRST_RETRY_MS = 200;
export const MOST_RETRY_MS = 30_000;
/** Without the host's own rows no pod is reached. */
const MOST_HOST_RETRY_MS = 5_000;

export function freshTrouble(owner: string): Trouble {
  const mostMs = owner === HOST ? MOST_HOST_RETRY_MS : MOST_RETRY_MS;
  return { backOff: new BackOff(FIRST_RETRY_MS, mostMs), retryAtMs: 0, failures: [] };
}
