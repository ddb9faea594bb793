/**
 * DEL: the veth pair, then the addresses, so that an address is never free while a pod still has it. Whatever is gone
 * already is no error: the namespace, the pair (a reboot), subnet.env.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { detachPod } from '@podlan/cni/attach';
import type { DelRequest } from '@podlan/cni/protocol';
import { LinuxKernel } from '@podlan/linux';
import { hostVeth } from './host-veth.js';
import { netnsState, ownDevices } from './pod-netns.js';
import { storeOf } from './reservation.js';
import { readSettingsLeniently } from './settings.js';

export async function del(request: DelRequest): Promise<void> {
  const { config, containerId, interfaceName } = request;
  const settings = readSettingsLeniently(config);
  const veth = hostVeth(config.name, request);
  if ((await ownDevices()).includes(veth)) await detachPod({ host: new LinuxKernel(), hostVeth: veth });
  else await deleteInPod(request);
  await storeOf(config, settings).release({ containerId, interfaceName });
  // flannel's plugin kept the delegate's configuration there, for its own DEL.
  await rm(join(settings.dataDir, containerId), { force: true });
}

/** A pod that the bridge plugin attached has a pair whose other end has a name nobody can guess. */
async function deleteInPod({ netns, interfaceName }: DelRequest): Promise<void> {
  if (netns === undefined || (await netnsState(netns)) !== 'there') return;
  const pod = new LinuxKernel({ netns });
  const scope = { devices: [interfaceName], sysctls: [], chains: false, tables: ['link'] } as const;
  const [link] = await pod.snapshot(scope);
  if (link?.kind === 'link' && link.type === 'veth') {
    await detachPod({ host: pod, hostVeth: interfaceName });
  }
}
