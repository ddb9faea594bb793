/** The prefix table explorer: a table to fill, an address to look up, and the lookup to look at, byte by byte. */
import { type TableShape, tableShape } from '@podlan/dataplane';
import type { IpAddress, IpPrefix } from '@podlan/wire';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { type Language, LanguageProvider, useText } from '../language';
import { AddressBits } from './address-bits';
import { AddressField, addressIn } from './address-field';
import { CoveringList } from './covering-list';
import { type LargeTable, useLargeTable } from './large-table/large-table';
import { RatesView } from './large-table/rates-view';
import { TableLoader } from './large-table/table-loader';
import { EXAMPLE, EXAMPLE_ADDRESSES, useOwnTable } from './own-table';
import { PrefixEditor } from './prefix-editor';
import styles from './prefixes.module.css';
import { ShapeTable } from './shape-table';
import { LookupStage } from './stage/lookup-stage';
import { type Look, type LookSource, longestOf } from './table-look';
import { text } from './text';
import { momentsOf } from './walk-moments';

export interface PrefixExplorerProps {
  readonly language: Language;
}

/** Prefixes and addresses are the reader's own, or a seed's; nothing leaves the page. */
export function PrefixExplorer({ language }: PrefixExplorerProps): ReactNode {
  return (
    <LanguageProvider value={language}>
      <Explorer />
    </LanguageProvider>
  );
}

export default PrefixExplorer;

type Kind = 'own' | 'generated';

function Explorer(): ReactNode {
  const words = useText(text);
  const [kind, setKind] = useState<Kind>('own');
  const [prefixes, setPrefixes] = useState(EXAMPLE);
  const own = useOwnTable(prefixes);
  const large = useLargeTable();
  const shown = kind === 'own' ? ownTable(own.source) : largeTable(large);
  return (
    <div className={styles.explorer}>
      <p className={styles.intro}>{words.intro}</p>
      <section className={styles.table} aria-label={words.table}>
        <h2>{words.table}</h2>
        <SourceChoice kind={kind} onKind={setKind} />
        {kind === 'own' ? (
          <PrefixEditor value={prefixes} lines={own.lines} onChange={setPrefixes} />
        ) : (
          <TableLoader table={large} />
        )}
      </section>
      {shown === undefined ? (
        <p className={styles.noTable}>{words.noTable}</p>
      ) : (
        <Lookup key={kind} {...shown} />
      )}
      {kind === 'generated' && <RatesView table={large} />}
      {shown !== undefined && <ShapeTable shape={shown.shape} />}
    </div>
  );
}

interface Shown {
  readonly source: LookSource;
  readonly samples: readonly string[];
  readonly shape: TableShape;
}

/** A table's shape is counted when it is another one. */
const shapes = new WeakMap<LookSource, TableShape>();

function ownTable(source: ReturnType<typeof useOwnTable>['source']): Shown | undefined {
  if (source === undefined) return undefined;
  const shape = shapes.get(source) ?? tableShape(source.table);
  shapes.set(source, shape);
  return { source, samples: EXAMPLE_ADDRESSES, shape };
}

function largeTable({ state }: LargeTable): Shown | undefined {
  if (state.is !== 'loaded') return undefined;
  const { samples, shape } = state.loaded;
  return { source: state.source, samples, shape };
}

interface SourceChoiceProps {
  readonly kind: Kind;
  readonly onKind: (kind: Kind) => void;
}

function SourceChoice({ kind, onKind }: SourceChoiceProps): ReactNode {
  const words = useText(text);
  return (
    <fieldset className={styles.choice}>
      <legend>{words.source}</legend>
      {(['own', 'generated'] as const).map((one) => (
        <label key={one}>
          <input type="radio" name="prefix-source" checked={kind === one} onChange={() => onKind(one)} />
          <span>{words[one]}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Lookup({ source, samples }: Shown): ReactNode {
  const words = useText(text);
  const [written, setWritten] = useState(samples[0] ?? '');
  const address = addressIn(written);
  const look = useLook(source, address);
  return (
    <section className={styles.lookup} aria-label={words.address}>
      <AddressField value={written} samples={samples} look={look} onChange={setWritten} />
      {look !== undefined && address !== undefined && <LookView key={look.address} look={look} />}
    </section>
  );
}

/** What the source says of the address, once it has said it. */
function useLook(source: LookSource, address: IpAddress | undefined): Look | undefined {
  const [look, setLook] = useState<Look>();
  useEffect(() => {
    if (address === undefined) return;
    let isWanted = true;
    void Promise.resolve(source.look(address)).then((found) => isWanted && setLook(found));
    return () => {
      isWanted = false;
    };
  }, [source, address]);
  return look?.address === address ? look : undefined;
}

function LookView({ look }: { readonly look: Look }): ReactNode {
  const words = useText(text);
  const moments = useMemo(() => momentsOf(look.walk), [look]);
  const [chosen, setChosen] = useState<IpPrefix>();
  const [moment, setMoment] = useState(0);
  const at = Math.min(moment, moments.length - 1);
  const marked = look.covering.find(({ prefix }) => prefix === chosen)?.prefix ?? longestOf(look)?.prefix;
  return (
    <>
      <AddressBits address={look.address} prefix={marked} deciding={moments[at]!} />
      <h2>{words.covering}</h2>
      <CoveringList look={look} marked={marked} onMark={setChosen} />
      <LookupStage look={look} moments={moments} at={at} onMoment={setMoment} />
    </>
  );
}
