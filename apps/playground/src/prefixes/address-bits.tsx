/** The bits of an address, in groups as its text has them: those that match, and those that decide just now. */
import { type IpAddress, type IpPrefix, prefixLength } from '@podlan/wire';
import type { ReactNode } from 'react';
import { useText } from '../language';
import styles from './address-bits.module.css';
import { bitsOf } from './table-look';
import { text } from './text';

export interface AddressBitsProps {
  readonly address: IpAddress;
  /** Whose bits are marked. */
  readonly prefix: IpPrefix | undefined;
  readonly deciding: { readonly bit: number; readonly bits: number };
}

export function AddressBits({ address, prefix, deciding }: AddressBitsProps): ReactNode {
  const words = useText(text);
  const matched = prefix === undefined ? 0 : prefixLength(prefix);
  const bits = bitsOf(address);
  const width = bits.length === 32 ? 8 : 16;
  const groups = Array.from({ length: bits.length / width }, (_, at) => at * width);
  const says = prefix === undefined ? words.bitsOfNone(address) : words.bitsOf(address, matched, prefix);
  const classOf = (bit: number) =>
    [
      styles.bit,
      bit < matched && styles.matched,
      bit >= deciding.bit && bit < deciding.bit + deciding.bits && styles.deciding,
    ]
      .filter(Boolean)
      .join(' ');
  return (
    <figure className={styles.bits}>
      <div
        role="img"
        aria-label={says}
        className={[styles.groups, width === 16 && styles.hex].filter(Boolean).join(' ')}
      >
        {groups.map((from) => (
          <span key={from} className={styles.group}>
            <span className={styles.cells}>
              {[...bits.slice(from, from + width)].map((digit, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a bit is its place
                <span key={i} className={classOf(from + i)}>
                  {digit}
                </span>
              ))}
            </span>
            <span className={styles.groupValue}>{groupText(bits.slice(from, from + width))}</span>
          </span>
        ))}
      </div>
      <figcaption className={styles.legend}>
        {prefix !== undefined && (
          <span>
            <i className={styles.matchedSign} />
            {words.matching(prefix)}
          </span>
        )}
        {deciding.bits > 0 && (
          <span>
            <i className={styles.decidingSign} />
            {words.deciding}
          </span>
        )}
      </figcaption>
    </figure>
  );
}

const groupText = (bits: string) => Number.parseInt(bits, 2).toString(bits.length === 8 ? 10 : 16);
