/** This host's lease as `subnet.env` has it, whole or not at all. */
import { readFile } from 'node:fs/promises';
import { CNI_CODE, CniError } from '@podlan/cni/protocol';
import { parseSubnetEnv, type SubnetEnv } from '@podlan/fabric';
import { familyOf } from '@podlan/wire';

/**
 * Throws CniError `TRY_AGAIN_LATER` where it is missing or half-written: the agent writes FLANNEL_IPMASQ last, so that
 * without it nothing before it can be relied on.
 */
export async function readSubnetFile(path: string): Promise<SubnetEnv> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw notYet(`${path}: ${(cause as NodeJS.ErrnoException).code ?? cause}`, cause);
  });
  const { networks, subnets, mtu, ipMasq } = parseSubnetEnv(text);
  const missing = [
    ...(subnets.length === 0 ? ['FLANNEL_SUBNET'] : []),
    ...(subnets.some((subnet) => !networks.some((one) => familyOf(one) === familyOf(subnet)))
      ? ['FLANNEL_NETWORK']
      : []),
    ...(mtu === undefined ? ['FLANNEL_MTU'] : []),
    ...(ipMasq === undefined ? ['FLANNEL_IPMASQ'] : []),
  ];
  if (missing.length > 0) throw notYet(`expected ${missing.join(', ')} in ${path}, found none`);
  return { networks, subnets, mtu: mtu!, ipMasq: ipMasq! };
}

function notYet(reason: string, cause?: unknown): CniError {
  const details = `${reason}; is podlan agent (or flanneld) running on this node?`;
  return new CniError(CNI_CODE.TRY_AGAIN_LATER, 'this node has no whole subnet.env', details, { cause });
}
