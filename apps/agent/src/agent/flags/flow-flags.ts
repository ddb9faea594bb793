/** Flags about flows. flanneld has none. */
import type { Command } from 'commander';
import { asText, flag } from './flag.js';
import { parseNumber } from './flag-values.js';

export interface FlowFlags {
  /** 0: none are kept. */
  readonly flows: number;
  readonly flowLog?: string;
}

const DEFAULT_FLOWS = 4096;
/** Twice 96 bytes each. */
const MOST_FLOWS = 262_144;

export function declareFlowFlags(command: Command): void {
  command
    .addOption(
      flag('--flows <number>', 'flows that the wasm dataplane keeps; 0: none', (name, text) =>
        parseNumber(name, text, 0, MOST_FLOWS),
      ).default(DEFAULT_FLOWS),
    )
    .addOption(
      flag('--flow-log <file>', 'append flows there as JSON lines; SIGHUP opens the file anew', asText),
    );
}
