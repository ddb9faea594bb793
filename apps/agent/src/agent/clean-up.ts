/** `podlan agent --cleanup`: the opposite of having run an agent here. */
import { type CleanupResult, cleanup, LeaseError, type RemovedRows, removeRows } from '@podlan/fabric';
import { type Kernel, LinuxKernel } from '@podlan/linux';
import { type Logger, pino } from 'pino';
import { refuseIfServed } from './control-socket.js';
import { hostInterfaces } from './external/host-interfaces.js';
import type { AgentOptions } from './options.js';
import { AGENT_NEEDS, requireRights } from './rights.js';
import { SubnetFile } from './subnet-file.js';
import { wire } from './wiring.js';

/** How long the store is waited for. */
const STORE_MS = 10_000;
/** Devices of every backend, whatever the configuration says, and the kinds that podlan makes them in. */
const NAME = /^flannel(-v6)?\.\d+$|^flannel0$/;
const TYPES: readonly string[] = ['vxlan', 'tap', 'tun'];

/** Removes devices, routes and rules that podlan made here, and releases the lease. */
export async function cleanUp(options: AgentOptions): Promise<number> {
  const log = pino({ level: options.logLevel, base: null });
  requireRights(AGENT_NEEDS);
  // It would make all of it again.
  await refuseIfServed(options.socketPath);
  const { removed, failures, released, storeError } = await remove(options, log);
  for (const { change, error } of failures) log.error(`${change.row.kind} not removed: ${error.message}`);
  if (storeError) log.error(`lease not released: ${storeError.message}`);
  SubnetFile.remove(options.subnetFile);
  log.info({ rows: removed.length, released: released?.subnets }, 'cleaned up');
  return failures.length > 0 || storeError ? 1 : 0;
}

/** Without a store there is no configuration that would tell the backend. */
async function remove(options: AgentOptions, log: Logger): Promise<CleanupResult> {
  const wired = await wire(options, log, AbortSignal.timeout(STORE_MS)).catch(leaseErrorOf);
  if (wired instanceof LeaseError)
    return { ...(await removeRecognised(new LinuxKernel())), storeError: wired };
  const { kernel, store, previous, external, backendFor } = wired;
  try {
    return await cleanup({ kernel, store, backend: backendFor(external), previous });
  } finally {
    await store.close();
  }
}

function leaseErrorOf(error: unknown): LeaseError {
  if (error instanceof LeaseError) return error;
  throw error;
}

/** A device of such a name but of another kind is somebody else's. */
async function removeRecognised(kernel: Kernel): Promise<RemovedRows> {
  const devices = (await hostInterfaces()).map(({ name }) => name).filter((name) => NAME.test(name));
  const rows = await kernel.snapshot({ devices, sysctls: [], chains: false });
  const links = rows.filter((row) => row.kind === 'link').filter(({ type }) => TYPES.includes(type));
  return removeRows(
    kernel,
    links.map(({ name }) => name),
  );
}
