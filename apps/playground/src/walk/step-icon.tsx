/** The signs on the buttons that step. */
import type { ReactNode } from 'react';

const SHAPES = {
  first: 'M3 2h2v12H3zM14 2v12L6 8z',
  back: 'M12 2v12L4 8z',
  forward: 'M4 2v12l8-6z',
  last: 'M2 2v12l8-6zM11 2h2v12h-2z',
} as const;

export function StepIcon({ shape }: { readonly shape: keyof typeof SHAPES }): ReactNode {
  return (
    <svg viewBox="0 0 16 16" width="12" height="12" fill="currentColor" aria-hidden="true">
      <path d={SHAPES[shape]} />
    </svg>
  );
}
