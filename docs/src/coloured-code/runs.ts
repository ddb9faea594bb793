/** Which characters of a block of code have a colour of their own, as a short text that is part of the block. */

const COLOURS = { c: 'comment', s: 'string', k: 'keyword', n: 'number' } as const;

export type Colour = (typeof COLOURS)[keyof typeof COLOURS];

export interface Run {
  /** Its first character. */
  readonly at: number;
  readonly length: number;
  readonly colour: Colour;
}

/** A piece of a block, of one colour. */
export interface Piece {
  readonly text: string;
  readonly colour?: Colour;
}

/** `12k6 1s9`: after twelve characters six of a keyword, after one more nine of a string. */
export function writeRuns(runs: readonly Run[]): string {
  let end = 0;
  return runs
    .map(({ at, length, colour }) => {
      const skipped = at - end;
      end = at + length;
      return `${skipped}${letterOf(colour)}${length}`;
    })
    .join(' ');
}

const letterOf = (colour: Colour): string => Object.entries(COLOURS).find(([, name]) => name === colour)![0];

export function readRuns(written: string): Run[] {
  let end = 0;
  return [...written.matchAll(/(\d+)([cskn])(\d+)/g)].map(([, skipped, letter, digits]) => {
    const at = end + Number(skipped);
    const length = Number(digits);
    end = at + length;
    return { at, length, colour: COLOURS[letter as keyof typeof COLOURS] };
  });
}

/** All of a block's text, cut where its colour changes. */
export function piecesOf(code: string, runs: readonly Run[]): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const { at, length, colour } of runs) {
    if (at > end) pieces.push({ text: code.slice(end, at) });
    end = at + length;
    pieces.push({ text: code.slice(at, end), colour });
  }
  if (end < code.length) pieces.push({ text: code.slice(end) });
  return pieces;
}
