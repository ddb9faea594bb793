/** Flags about Prometheus' metrics. flanneld has none. */
import type { Command } from 'commander';
import { flag } from './flag.js';
import { parseAddress, parseNumber } from './flag-values.js';

export interface MetricsFlags {
  readonly metricsIp: string;
  readonly metricsPort: number;
}

/** 8472 is vxlan's own; here nobody else is by custom. */
const DEFAULT_PORT = 18_472;

export function declareMetricsFlags(command: Command): void {
  command
    .addOption(
      flag('--metrics-ip <address>', 'address that /metrics is served at', parseAddress).default('127.0.0.1'),
    )
    .addOption(
      flag(
        '--metrics-port <port>',
        'port of /metrics, beside it /healthz and /readyz; 0: no metrics',
        (name, text) => parseNumber(name, text, 0, 65535),
      ).default(DEFAULT_PORT),
    );
}
