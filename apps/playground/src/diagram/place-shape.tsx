/** A host, a pod or a router: its box can be chosen, and what is in it is drawn upon that. */
import type { KeyboardEvent, ReactNode } from 'react';
import { useLanguage, useText } from '../language';
import styles from './diagram.module.css';
import type { PlaceBox, Shape } from './layout';
import type { ShapeState } from './link-shape';
import { dataplaneOf, type PlaceMarks, placeSummary } from './place-summary';
import { text } from './text';

interface PlaceShapeProps {
  readonly box: PlaceBox;
  readonly marks: PlaceMarks;
  readonly isSelected: boolean;
  readonly stateOf: (shape: Shape) => ShapeState;
  readonly onSelect: () => void;
}

export function PlaceShape({ box, marks, isSelected, stateOf, onSelect }: PlaceShapeProps): ReactNode {
  const language = useLanguage();
  const { place, shapes, x, y, width, height } = box;
  const choose = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    onSelect();
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: there is no button in SVG */}
      <rect
        {...{ x, y, width, height }}
        rx={8}
        role="button"
        tabIndex={0}
        className={styles.place}
        data-place={place.name}
        data-kind={place.kind}
        data-has-packet={marks.hasPacket}
        aria-label={placeSummary(place, marks, language)}
        aria-pressed={isSelected}
        onClick={onSelect}
        onKeyDown={choose}
      />
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus */}
      <g aria-hidden="true" className={styles.drawn}>
        <Title box={box} marks={marks} />
        {shapes.map((shape) => (
          <ShapeDrawing key={shape.id} {...{ shape, marks }} kind={place.kind} state={stateOf(shape)} />
        ))}
        {marks.changedRows > 0 && (
          <g className={styles.badge}>
            <rect x={x + width - 22} y={y - 7} width={26} height={15} rx={7.5} />
            <text x={x + width - 9} y={y + 4} textAnchor="middle">
              {`±${marks.changedRows}`}
            </text>
          </g>
        )}
      </g>
    </>
  );
}

function Title({ box, marks }: { readonly box: PlaceBox; readonly marks: PlaceMarks }): ReactNode {
  const words = useText(text);
  const { place, x, y, width } = box;
  if (place.kind === 'pod')
    return (
      <text x={x + 8} y={y + 16} className={styles.title}>
        {place.name}
        <tspan x={x + 8} dy={14} className={styles.quiet}>
          {place.addresses[0]}
        </tspan>
      </text>
    );
  const dataplane = dataplaneOf(place);
  return (
    <>
      <text x={x + 10} y={y + (place.kind === 'router' ? 21 : 19)} className={styles.title}>
        {place.name}
        {place.kind === 'router' && <tspan className={styles.quiet}>{`  ${words.kinds.router}`}</tspan>}
      </text>
      <text x={x + width - 10} y={y + 19} textAnchor="end" className={styles.quiet}>
        {marks.isStopped ? (
          <tspan className={styles.bad}>{`■ ${words.stopped}`}</tspan>
        ) : (
          dataplane && words[dataplane]
        )}
      </text>
    </>
  );
}

interface ShapeDrawingProps {
  readonly shape: Shape;
  readonly kind: PlaceBox['place']['kind'];
  readonly marks: PlaceMarks;
  readonly state: ShapeState;
}

function ShapeDrawing({ shape, kind, marks, state }: ShapeDrawingProps): ReactNode {
  const words = useText(text);
  if (shape.kind === 'routing' && kind !== 'host') return null;
  const { x, y, width, height, label, detail, isDown } = shape;
  const centre = { x: x + width / 2, y: y + height / 2 + 4, textAnchor: 'middle' as const };
  if (shape.kind === 'program')
    return (
      <g className={styles.program} data-state={state} data-down={marks.isStopped}>
        <path d={hexagon(shape)} />
        <text {...centre}>{label}</text>
      </g>
    );
  return (
    <g
      className={shape.kind === 'routing' ? styles.routing : styles.device}
      data-state={state}
      data-down={isDown}
    >
      <rect {...{ x, y, width, height }} rx={shape.kind === 'routing' ? 3 : 11} />
      <text {...centre}>
        {shape.kind === 'routing' ? words.routing : label}
        {detail && !isDown && <tspan className={styles.detail}>{` ${detail}`}</tspan>}
        {isDown && <tspan className={styles.bad}>{` ${words.down}`}</tspan>}
      </text>
    </g>
  );
}

const hexagon = ({ x, y, width, height }: Shape): string =>
  `M${x + 9} ${y}h${width - 18}l9 ${height / 2}l-9 ${height / 2}h${18 - width}l-9 ${-height / 2}z`;
