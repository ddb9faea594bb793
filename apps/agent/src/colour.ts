/** Colours of a terminal, and none where output goes elsewhere or `NO_COLOR` is set (no-color.org). */

const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Colour = keyof typeof COLOURS;

export type Paint = (colour: Colour, text: string) => string;

export function painterFor(stream: { readonly isTTY?: boolean }): Paint {
  const isColoured = stream.isTTY === true && !process.env.NO_COLOR;
  return (colour, text) => (isColoured ? `\x1b[${COLOURS[colour]}m${text}\x1b[0m` : text);
}
