/** A walk cut into what there is to look at one after the other: each read, and the answer at the end. */
import type { CellStep, DirectStep, LookupWalk, MemoryRead, NodeStep, TrieEntry } from '@podlan/dataplane';
import type { Value } from './table-look';

interface Bits {
  /** Which bits of the address decide here. */
  readonly bit: number;
  readonly bits: number;
}

export type Moment =
  | (Bits & { readonly kind: 'direct'; readonly step: DirectStep; readonly read: MemoryRead })
  | (Bits & { readonly kind: 'bitmap'; readonly step: NodeStep; readonly read: MemoryRead })
  | (Bits & { readonly kind: 'run'; readonly step: NodeStep; readonly read: MemoryRead })
  | (Bits & { readonly kind: 'cell'; readonly step: CellStep; readonly read: MemoryRead })
  | (Bits & { readonly kind: 'answer' });

const NO_BITS = { bit: 0, bits: 0 };

export function momentsOf({ steps }: LookupWalk<Value>): Moment[] {
  const moments = steps.flatMap((step): Moment[] => {
    const [read, second] = step.reads;
    if (step.kind === 'cell') return [{ kind: 'cell', step, read: read!, ...NO_BITS }];
    const { bit, bits } = step;
    if (step.kind === 'direct') return [{ kind: 'direct', step, read: read!, bit, bits }];
    return [
      { kind: 'bitmap', step, read: read!, bit, bits },
      { kind: 'run', step, read: second!, bit, bits },
    ];
  });
  return [...moments, { kind: 'answer', ...NO_BITS }];
}

/** The entry that a moment has read, if it has read one. */
export function entryAt(moment: Moment): TrieEntry | undefined {
  return moment.kind === 'direct' || moment.kind === 'run' ? moment.step.entry : undefined;
}

/** The slots at which a node's runs begin, in order. */
export function runStarts({ bitmap }: NodeStep): number[] {
  return Array.from({ length: 64 }, (_, slot) => slot).filter((slot) => (bitmap >> BigInt(slot)) & 1n);
}

/** As memory addresses are written. */
export const hex = (at: number, digits = 0): string => `0x${at.toString(16).padStart(digits, '0')}`;
