/** GC: the veth pairs and addresses of this network that belong to none of the attachments the runtime names. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { detachPod } from '@podlan/cni/attach';
import { CNI_CODE, CniError, type GcRequest } from '@podlan/cni/protocol';
import { LinuxKernel } from '@podlan/linux';
import { hostVeth, isVethOf } from './host-veth.js';
import { ownDevices } from './pod-netns.js';
import { storeOf } from './reservation.js';
import { readSettingsLeniently } from './settings.js';

/** Goes on after a failure; throws CniError `IO_FAILURE` that tells of all. */
export async function collect({ config, validAttachments }: GcRequest): Promise<void> {
  const settings = readSettingsLeniently(config);
  const kept = new Set(validAttachments.map((one) => hostVeth(config.name, one)));
  const stale = (await ownDevices()).filter((name) => isVethOf(config.name, name) && !kept.has(name));
  const failures: unknown[] = [];
  const host = new LinuxKernel();
  for (const name of stale) await detachPod({ host, hostVeth: name }).catch((error) => failures.push(error));
  // A pod that still has its pair keeps its addresses.
  if (failures.length > 0) throw leftBehind(failures);
  const released = await storeOf(config, settings).releaseAllBut(validAttachments);
  for (const { containerId } of released) {
    if (containerId !== '') await rm(join(settings.dataDir, containerId), { force: true });
  }
}

function leftBehind(failures: readonly unknown[]): CniError {
  const details = failures.map((error) => (error as Error).message).join('; ');
  return new CniError(CNI_CODE.IO_FAILURE, 'some of what is gone could not be cleaned up', details, {
    cause: failures[0],
  });
}
