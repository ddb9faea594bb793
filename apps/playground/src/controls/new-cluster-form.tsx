/** What a cluster is made of: it can only be chosen for a new one. */
import { type ReactNode, useState } from 'react';
import { useText } from '../language';
import type { ClusterShape } from '../state/playground-state';
import styles from './controls.module.css';
import { text } from './text';

interface NewClusterFormProps {
  readonly shape: ClusterShape;
  readonly onMake: (shape: ClusterShape) => void;
}

export function NewClusterForm({ shape, onMake }: NewClusterFormProps): ReactNode {
  const words = useText(text);
  const [wanted, setWanted] = useState(shape);
  const want = (some: Partial<ClusterShape>) => setWanted({ ...wanted, ...some });
  const { backend, family } = wanted;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        onMake(wanted);
      }}
    >
      <label>
        {words.backend}
        <select
          value={backend}
          onChange={({ target }) => want({ backend: target.value as ClusterShape['backend'] })}
        >
          <option value="vxlan">vxlan</option>
          <option value="host-gw">host-gw</option>
          <option value="udp">udp</option>
        </select>
      </label>
      {backend === 'vxlan' ? (
        <label>
          {words.dataplane}
          <select
            value={wanted.dataplane}
            onChange={({ target }) => want({ dataplane: target.value as ClusterShape['dataplane'] })}
          >
            <option value="wasm">{words.dataplanes.wasm}</option>
            <option value="kernel">{words.dataplanes.kernel}</option>
          </select>
        </label>
      ) : (
        <span className={styles.note}>{words.dataplaneNote[backend]}</span>
      )}
      <label>
        {words.family}
        <select
          value={family}
          onChange={({ target }) => want({ family: target.value as ClusterShape['family'] })}
        >
          <option value="ipv4">{words.families.ipv4}</option>
          <option value="ipv6">{words.families.ipv6}</option>
          <option value="dual">{words.families.dual}</option>
        </select>
      </label>
      <label title={words.segmentsNote}>
        {words.segments}
        <select value={wanted.segments} onChange={({ target }) => want({ segments: Number(target.value) })}>
          {[1, 2, 3].map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={wanted.masquerade}
          onChange={({ target }) => want({ masquerade: target.checked })}
        />
        {words.masquerade}
      </label>
      <button type="submit" className={styles.main}>
        {words.make}
      </button>
    </form>
  );
}
