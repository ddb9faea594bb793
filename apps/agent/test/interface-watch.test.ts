/** When the external interface is looked at, and whom it is told. */
import { MemoryKernel } from '@podlan/linux/model';
import { parseIpAddress } from '@podlan/wire';
import { expect, test, vi } from 'vitest';
import type { ExternalInterface } from '../dist/agent/external/external-interface.js';
import { InterfaceWatch } from '../dist/agent/external/interface-watch.js';

const at = (address: string): ExternalInterface => {
  const addresses = [parseIpAddress(address)!];
  return { name: 'eth0', mtu: 1500, addresses, publicIps: addresses };
};
const OLD = at('192.0.2.1');
const NEW = at('192.0.2.2');

/** A watch whose kernel is listened to, until `stop`. */
function listen(find: () => Promise<ExternalInterface>) {
  const changed = vi.fn();
  const watch = new InterfaceWatch({ current: OLD, find, changed, warn: expect.unreachable });
  const stop = new AbortController();
  const tables = watch.overhear(new MemoryKernel()).watch(stop.signal)[Symbol.asyncIterator]();
  const ended = tables.next();
  const end = () => {
    stop.abort();
    return ended;
  };
  return { watch, changed, end };
}

test('what changed before the kernel was listened to is seen, too', async () => {
  const { watch, changed, end } = listen(async () => NEW);
  await vi.waitFor(() => expect(changed).toHaveBeenCalledWith(NEW, OLD));
  expect(watch.current).toEqual(NEW);
  watch.close();
  await end();
});

test('once closed, nothing is told, though a look was under way', async () => {
  let answer = (_found: ExternalInterface) => {};
  const answered = new Promise<ExternalInterface>((resolve) => {
    answer = resolve;
  });
  const find = vi.fn(() => answered);
  const { watch, changed, end } = listen(find);
  await vi.waitFor(() => expect(find).toHaveBeenCalled());
  watch.close();
  answer(NEW);
  await answered;
  await end();
  expect(changed).not.toHaveBeenCalled();
  expect(watch.current).toEqual(OLD);
});
