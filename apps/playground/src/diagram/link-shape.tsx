/** What joins hosts: the links between them, and the wires of everything. */
import type { ReactNode } from 'react';
import { useText } from '../language';
import styles from './diagram.module.css';
import type { Shape, Wire } from './layout';
import { text } from './text';

/** How a shape takes part in the way of a packet. */
export type ShapeState = 'at' | 'passed' | 'plain';

export function LinkShape({ link, state }: { readonly link: Shape; readonly state: ShapeState }): ReactNode {
  const words = useText(text);
  const { x, y, width, height, label } = link;
  return (
    <g className={styles.link} data-state={state}>
      <rect {...{ x, y, width, height }} rx={4} />
      <text x={x + 10} y={y + 15}>
        {words.link(label)}
      </text>
    </g>
  );
}

/** A cable that is cut has its ends apart, and says so. */
export function WireLine({ wire, isPassed }: { readonly wire: Wire; readonly isPassed: boolean }): ReactNode {
  const words = useText(text);
  const { points, isCut } = wire;
  if (points.length === 0) return null;
  const line = points.map(([x, y]) => `${x},${y}`).join(' ');
  const className = isPassed ? styles.passedWire : styles.wire;
  if (!isCut) return <polyline className={className} points={line} />;
  const [[x, top], [, bottom]] = [points[0]!, points.at(-1)!];
  const y = (top + bottom) / 2;
  return (
    <g className={styles.cut}>
      <path
        d={`M${x} ${top}V${y - 5}M${x} ${y + 5}V${bottom}M${x - 5} ${y - 2}l10 -6M${x - 5} ${y + 8}l10 -6`}
      />
      <text x={x - 10} y={y + 4} textAnchor="end">
        {words.cut}
      </text>
    </g>
  );
}
