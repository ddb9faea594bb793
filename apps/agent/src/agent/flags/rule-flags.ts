/** Flags about masquerade and forward rules. */
import type { Command } from 'commander';
import { onOff } from './flag.js';

export interface RuleFlags {
  readonly ipMasq: boolean;
  readonly ipMasqFullyRandomDisable: boolean;
  readonly iptablesForwardRules: boolean;
}

export function declareRuleFlags(command: Command): void {
  command
    .addOption(onOff('--ip-masq', 'masquerade traffic that leaves the pod network', false))
    .addOption(onOff('--ip-masq-fully-random-disable', 'masquerade without random source ports', false))
    .addOption(
      onOff('--iptables-forward-rules', 'accept forwarded traffic of the pod network (by nftables)', true),
    );
}
