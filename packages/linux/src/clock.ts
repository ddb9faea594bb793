/** What the kernel knows of its clock: adjtimex(2). */
import { callError } from './call-error.js';
import * as libc from './libc.js';

/** struct timex: | modes 4 | … | status 4, at 40 | … | */
const TIMEX_BYTES = 208;
const TIMEX_STATUS = 40;
const STA_UNSYNC = 0x40;

/**
 * Whether a program keeps this host's clock by others' (NTP, PTP), as the kernel was told. Of a virtual machine whose
 * clock its host keeps it is false as well.
 * @example
 * ```ts
 * import { isClockSynchronized } from '@podlan/linux';
 *
 * typeof isClockSynchronized(); // => 'boolean'
 * ```
 */
export function isClockSynchronized(): boolean {
  const timex = new Uint8Array(TIMEX_BYTES);
  if (libc.adjtimex(timex) < 0) throw callError('adjtimex', []);
  return (new DataView(timex.buffer).getInt32(TIMEX_STATUS, true) & STA_UNSYNC) === 0;
}
