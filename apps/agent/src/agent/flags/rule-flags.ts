/** Flags about masquerade and forward rules. */
import type { Command } from 'commander';
import { UsageError } from '../../usage-error.js';
import { flag, onOff } from './flag.js';
import { parseBoolean, parseNumber } from './flag-values.js';

export interface RuleFlags {
  readonly ipMasq: boolean;
  readonly ipMasqFullyRandomDisable: boolean;
  readonly iptablesForwardRules: boolean;
  /** Seconds; without effect. */
  readonly iptablesResync?: number;
}

export function declareRuleFlags(command: Command): void {
  command
    .addOption(onOff('--ip-masq', 'masquerade traffic that leaves the pod network', false))
    .addOption(onOff('--ip-masq-fully-random-disable', 'masquerade without random source ports', false))
    .addOption(
      onOff('--iptables-forward-rules', 'accept forwarded traffic of the pod network (by nftables)', true),
    );
  declareFlanneldsOwn(command);
}

/** So that flanneld's command lines are taken as they are, and nobody is led to believe in what is not done. */
function declareFlanneldsOwn(command: Command): void {
  const resync = (name: string, text: string) => parseNumber(name, text, 1, 86_400);
  command
    .addOption(flag('--iptables-resync <seconds>', 'without effect: rules are watched', resync))
    .addOption(
      onOff('--ip-blackhole-route', 'only false: no such route is made', false).argParser(noBlackhole),
    );
}

function noBlackhole(text: string): false {
  const name = '--ip-blackhole-route';
  if (!parseBoolean(name, text)) return false;
  throw new UsageError(`${name}: expected false, found true: podlan makes no such route; leave the flag out`);
}

/** What the flags ask for in vain. */
export function* ruleWarnings({ iptablesResync }: RuleFlags): Generator<string> {
  if (iptablesResync === undefined) return;
  yield '--iptables-resync has no effect: rules are watched, and put right as soon as somebody changes them';
}
