/**
 * Text of which full-width characters are each in a cell of their own.
 *
 * Fonts disagree about how wide a Chinese character is beside Latin ones, and drawings made of text fall apart with
 * it. The style sheet gives the cells of plain text exactly two columns.
 */

import type { ReactNode } from 'react';

const FULL_WIDTH = /([\u3000-\u303f\u3400-\u9fff\uff01-\uff60])/u;

export function cells(text: string): ReactNode {
  if (!FULL_WIDTH.test(text)) return text;
  return text.split(FULL_WIDTH).map((part, index) => {
    // Every second part is what the pattern caught; parts have nothing but their place to be told apart by.
    const key = `${index}${part}`;
    return index % 2 === 0 ? (
      part
    ) : (
      <span key={key} className="full-width">
        {part}
      </span>
    );
  });
}
