/** Flags about the health server. */
import type { Command } from 'commander';
import { flag } from './flag.js';
import { parseAddress, parseNumber } from './flag-values.js';

export interface HealthFlags {
  readonly healthzIp: string;
  readonly healthzPort: number;
}

export function declareHealthFlags(command: Command): void {
  command
    .addOption(
      flag('--healthz-ip <address>', 'address that the health server listens on', parseAddress).default(
        '0.0.0.0',
      ),
    )
    .addOption(
      flag('--healthz-port <port>', 'port of /healthz and /readyz; 0: no health server', (name, text) =>
        parseNumber(name, text, 0, 65535),
      ).default(0),
    );
}
