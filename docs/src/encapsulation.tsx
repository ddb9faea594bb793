/** A ping as its pod sends it and as it goes over the wire, header by header, drawn to scale. */

import Translate from '@docusaurus/Translate';
import type { ReactNode } from 'react';
import styles from './encapsulation.module.css';

interface Layer {
  name: string;
  bytes: number;
  outer?: boolean;
}

const INNER: Layer[] = [
  { name: 'Ethernet', bytes: 14 },
  { name: 'IP', bytes: 20 },
  { name: 'ICMP', bytes: 64 },
];

const OUTER: Layer[] = [
  { name: 'Ethernet', bytes: 14, outer: true },
  { name: 'IP', bytes: 20, outer: true },
  { name: 'UDP', bytes: 8, outer: true },
  { name: 'VXLAN', bytes: 8, outer: true },
];

const length = (layers: Layer[]) => layers.reduce((sum, { bytes }) => sum + bytes, 0);

function Frame({ layers, children }: { layers: Layer[]; children: ReactNode }): ReactNode {
  return (
    <div className={styles.frame}>
      <div className={styles.caption}>
        <span>{children}</span>
        <span className={styles.length}>
          <Translate id="encapsulation.bytes" values={{ bytes: length(layers) }}>
            {'{bytes} bytes'}
          </Translate>
        </span>
      </div>
      <div className={styles.layers}>
        {layers.map(({ name, bytes, outer }) => (
          <div
            key={`${name}${outer}`}
            className={outer ? styles.outer : styles.inner}
            style={{ flexGrow: bytes }}
          >
            <span>{name}</span>
            <small>{bytes}</small>
          </div>
        ))}
      </div>
    </div>
  );
}

export function Encapsulation(): ReactNode {
  return (
    <section className={styles.encapsulation}>
      <Frame layers={INNER}>
        <Translate id="encapsulation.pod">What the pod sends</Translate>
      </Frame>
      <Frame layers={[...OUTER, ...INNER]}>
        <Translate id="encapsulation.wire">What goes over the wire</Translate>
      </Frame>
    </section>
  );
}
