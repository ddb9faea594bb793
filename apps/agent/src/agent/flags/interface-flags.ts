/** Flags about the external interface. */
import type { IpAddress } from '@podlan/wire';
import type { Command } from 'commander';
import type { InterfaceChoice } from '../external/external-interface.js';
import { asText, flag, repeatable } from './flag.js';
import { parseAddress, parsePattern } from './flag-values.js';

export interface InterfaceFlags {
  readonly iface: readonly string[];
  readonly ifaceRegex: readonly RegExp[];
  readonly ifaceCanReach?: IpAddress;
  readonly publicIp?: IpAddress;
  readonly publicIpv6?: IpAddress;
}

export function declareInterfaceFlags(command: Command): void {
  command
    .addOption(
      repeatable(
        '--iface <name|address>',
        'external interface, by name or address; repeatable, the first that is there',
        asText,
      ),
    )
    .addOption(
      repeatable(
        '--iface-regex <regex>',
        'external interface whose address or, failing that, name matches; repeatable; looked at after --iface',
        parsePattern,
      ),
    )
    .addOption(
      flag(
        '--iface-can-reach <address>',
        'external interface by which packets to this address leave; looked at after --iface-regex',
        parseAddress,
      ),
    )
    .addOption(
      flag(
        '--public-ip <address>',
        'IPv4 address that peers send to (default: that of the external interface)',
        (name, text) => parseAddress(name, text, 4),
      ),
    )
    .addOption(
      flag('--public-ipv6 <address>', 'the same for IPv6', (name, text) => parseAddress(name, text, 6)),
    );
}

export function interfaceChoice(flags: InterfaceFlags): InterfaceChoice {
  return {
    names: flags.iface,
    patterns: flags.ifaceRegex,
    ...(flags.ifaceCanReach && { canReach: flags.ifaceCanReach }),
    publicIps: [flags.publicIp, flags.publicIpv6].filter((address) => address !== undefined),
  };
}
