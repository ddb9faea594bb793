/** Lookups per second, by three ways, with what the numbers are worth. */
import type { ReactNode } from 'react';
import { useText } from '../../language';
import prefixStyles from '../prefixes.module.css';
import type { LargeTable } from './large-table';
import styles from './large-table.module.css';
import { type LookupRates, ROUNDS, WAYS } from './lookup-rates';
import { text } from './text';

export function RatesView({ table }: { readonly table: LargeTable }): ReactNode {
  const words = useText(text);
  const { state } = table;
  if (state.is !== 'loaded') return null;
  const { round, rates } = state;
  return (
    <section className={styles.rates} aria-label={words.rates}>
      <h2>{words.rates}</h2>
      <div className={styles.measure}>
        <button
          type="button"
          className={prefixStyles.primary}
          disabled={round !== undefined}
          onClick={table.measure}
        >
          {words.measure}
        </button>
        <span role="status">
          {round !== undefined && (round < 0 ? words.preparing : words.measuring(round + 1, ROUNDS))}
        </span>
      </div>
      {rates !== undefined && <RatesTable rates={rates} />}
    </section>
  );
}

function RatesTable({ rates: { addresses, rounds, rates } }: { readonly rates: LookupRates }): ReactNode {
  const words = useText(text);
  const most = Math.max(...WAYS.map((way) => rates[way].most));
  const percent = (rate: number) => `${(100 * rate) / most}%`;
  return (
    <>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.way}</th>
            <th scope="col">{words.median}</th>
            <th scope="col">{words.spread}</th>
          </tr>
        </thead>
        <tbody>
          {WAYS.map((way) => {
            const { median, least, most: highest } = rates[way];
            return (
              <tr key={way}>
                <th scope="row">{words.ways[way]}</th>
                <td>
                  <b>{words.perSecond(median)}</b>{' '}
                  {way !== 'maps' && <small>{words.times((median / rates.maps.median).toFixed(1))}</small>}
                </td>
                <td>
                  {words.range(least, highest)}
                  <span className={styles.spread} aria-hidden="true">
                    <span style={{ left: percent(least), right: `calc(100% - ${percent(highest)})` }} />
                    <i style={{ left: percent(median) }} />
                  </span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className={prefixStyles.quiet}>{words.honest(addresses, rounds)}</p>
    </>
  );
}
