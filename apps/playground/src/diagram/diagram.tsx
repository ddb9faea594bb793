/** A scene as it is wired, with the packet on its way. */
import type { Hop } from '@podlan/simulator';
import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import { useLanguage, useText } from '../language';
import type { PlaceView } from '../scene/scene-view';
import styles from './diagram.module.css';
import { layoutOf, type PlaceBox, type Shape } from './layout';
import { LinkShape, WireLine } from './link-shape';
import { PlaceShape } from './place-shape';
import { deviceSummary, type PlaceMarks, placeSummary } from './place-summary';
import { text } from './text';
import { wayTo } from './way';

export interface DiagramProps {
  readonly places: readonly PlaceView[];
  /** Hosts without an agent. */
  readonly stopped: readonly string[];
  /** How many rows the last action changed, by place. */
  readonly changed: ReadonlyMap<string, number>;
  readonly selected: string;
  readonly onSelect: (place: string) => void;
  /** Of the packet that is followed. */
  readonly hops: readonly Hop[];
  readonly step: number;
}

/** For the sign of changed rows at a corner. */
const MARGIN = 5;
/** More than the text needs is more than eyes need. */
const MOST_SCALE = 1.05;
/** Two hosts fit a phone. */
const LEAST_SCALE = 0.88;

export function Diagram(props: DiagramProps): ReactNode {
  const { places, stopped, changed, selected, onSelect, hops, step } = props;
  const words = useText(text);
  const layout = useMemo(() => layoutOf(places), [places]);
  const way = useMemo(() => wayTo(layout, hops, step), [layout, hops, step]);
  const scroller = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever the packet is somewhere else
  useEffect(() => keepInSight(scroller.current), [way.at]);
  const marksOf = (name: string): PlaceMarks => ({
    isStopped: stopped.includes(name),
    changedRows: changed.get(name) ?? 0,
    hasPacket: way.at !== undefined && hops[step]?.netns === name,
  });
  const stateOf = ({ id }: Shape) => (id === way.at ? 'at' : way.passed.has(id) ? 'passed' : 'plain');
  const { width, height } = layout;
  return (
    <div ref={scroller} className={styles.diagram}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset has no place in SVG */}
      <svg
        className={styles.drawing}
        viewBox={`-${MARGIN} -8 ${width + 2 * MARGIN} ${height + 12}`}
        style={{ maxWidth: (width + 2 * MARGIN) * MOST_SCALE, minWidth: width * LEAST_SCALE }}
        role="group"
        aria-label={`${words.title}. ${words.howTo}`}
      >
        {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus */}
        <g aria-hidden="true">
          {layout.places.map(({ place, shapes: _, ...box }) => (
            <rect key={place.name} {...box} rx={8} className={styles.ground} data-kind={place.kind} />
          ))}
          {layout.wires.map((wire) => (
            <WireLine key={`${wire.from} ${wire.to}`} wire={wire} isPassed={way.wires.has(wire)} />
          ))}
          {layout.links.map((link) => (
            <LinkShape key={link.id} link={link} state={stateOf(link)} />
          ))}
        </g>
        {inOrder(layout.places).map((box) => (
          <PlaceShape
            key={box.place.name}
            {...{ box, stateOf }}
            marks={marksOf(box.place.name)}
            isSelected={box.place.name === selected}
            onSelect={() => onSelect(box.place.name)}
          />
        ))}
      </svg>
      <PlaceList places={places} marksOf={marksOf} />
    </div>
  );
}

/** Sideways, and within the drawing alone. */
function keepInSight(scroller: HTMLElement | null): void {
  const at = scroller?.querySelector('[data-state="at"]')?.getBoundingClientRect();
  if (!scroller || !at) return;
  const box = scroller.getBoundingClientRect();
  if (at.left < box.left || at.right > box.right)
    scroller.scrollLeft += at.left + at.width / 2 - (box.left + box.width / 2);
}

/** In which the keyboard meets them: each host, its pods, and the router last. */
const inOrder = (boxes: readonly PlaceBox[]): PlaceBox[] =>
  boxes
    .filter(({ place }) => place.kind !== 'pod')
    .flatMap((host) => [
      host,
      ...boxes.filter(({ place }) => place.kind === 'pod' && place.node === host.place.name),
    ]);

interface PlaceListProps {
  readonly places: readonly PlaceView[];
  readonly marksOf: (name: string) => PlaceMarks;
}

/** For those who do not see the drawing. */
function PlaceList({ places, marksOf }: PlaceListProps): ReactNode {
  const words = useText(text);
  const language = useLanguage();
  return (
    <ul className={styles.unseen} aria-label={words.listTitle}>
      {places.map((place) => (
        <li key={place.name}>
          {placeSummary(place, marksOf(place.name), language)}
          <ul>
            {place.devices.map((device) => (
              <li key={device.name}>{deviceSummary(device, language)}</li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}
