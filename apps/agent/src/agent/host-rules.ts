/** Which of flannel's rules this host is to have. */
import { masqueradeChain, type NodeOptions } from '@podlan/fabric';
import type { IpPrefix } from '@podlan/wire';
import type { RuleFlags } from './flags/rule-flags.js';

export function hostRules(rules: RuleFlags, networks: readonly IpPrefix[]): Pick<NodeOptions, 'hostRows'> {
  if (!rules.ipMasq) return {};
  const randomFully = !rules.ipMasqFullyRandomDisable;
  return { hostRows: ({ subnets }) => [masqueradeChain({ networks, subnets, randomFully })] };
}
