/** Which packet is to be sent. */
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useText } from '../language';
import type { PlaceView } from '../scene/scene-view';
import type { PacketShape } from '../state/playground-state';
import styles from './controls.module.css';
import { type PacketFields, packetOf, usualFields } from './packet-fields';
import { text } from './text';

interface PacketFormProps {
  readonly places: readonly PlaceView[];
  /** Of the last one, where there was one. */
  readonly packet: PacketShape | undefined;
  readonly isBusy: boolean;
  readonly onSend: (packet: PacketShape) => void;
}

export function PacketForm({ places, packet, isBusy, onSend }: PacketFormProps): ReactNode {
  const words = useText(text);
  const names = useId();
  const [typed, setTyped] = useState<Partial<PacketFields>>({});
  const fields = { ...usualFields(places, packet), ...typed };
  const type = (some: Partial<PacketFields>) => setTyped({ ...typed, ...some });
  const { from, to, protocol, port, size, dontFragment, family } = fields;
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!isBusy) onSend(packetOf(fields));
  };
  const isDual =
    new Set(places.flatMap(({ addresses }) => addresses.map((one) => one.includes(':')))).size > 1;
  return (
    <form className={styles.form} aria-label={words.packet} onSubmit={send}>
      <label>
        {words.from}
        <select value={from} onChange={({ target }) => type({ from: target.value })}>
          {places.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label>
        {words.to}
        <input
          required
          list={names}
          className={styles.destination}
          title={words.toHow}
          value={to}
          onChange={({ target }) => type({ to: target.value })}
        />
        <datalist id={names}>
          {places.map(({ name, addresses }) => (
            <option key={name} value={name}>
              {addresses.join(' ')}
            </option>
          ))}
        </datalist>
      </label>
      <select
        aria-label={words.protocol}
        value={protocol}
        onChange={({ target }) => type({ protocol: target.value as PacketShape['protocol'] })}
      >
        <option value="icmp">{words.protocols.icmp}</option>
        <option value="tcp">{words.protocols.tcp}</option>
        <option value="udp">{words.protocols.udp}</option>
      </select>
      {protocol !== 'icmp' && (
        <NumberInput
          {...{ title: words.port, value: port, min: 1, max: 65_535 }}
          onType={(value) => type({ port: value })}
        />
      )}
      <NumberInput
        {...{ title: words.size, how: words.sizeHow, value: size, min: 28, max: 9000 }}
        onType={(value) => type({ size: value })}
      />
      {isDual && (
        <label>
          {words.packetFamily}
          <select
            value={family}
            onChange={({ target }) => type({ family: target.value as PacketFields['family'] })}
          >
            <option value="">{words.any}</option>
            <option value="4">IPv4</option>
            <option value="6">IPv6</option>
          </select>
        </label>
      )}
      <label title={words.dontFragmentHow}>
        <input
          type="checkbox"
          checked={dontFragment}
          onChange={({ target }) => type({ dontFragment: target.checked })}
        />
        {words.dontFragment}
      </label>
      <button type="submit" className={styles.main} aria-disabled={isBusy}>
        {words.send}
      </button>
    </form>
  );
}

interface NumberInputProps {
  readonly title: string;
  readonly how?: string;
  readonly value: string;
  readonly min: number;
  readonly max: number;
  readonly onType: (value: string) => void;
}

const NumberInput = ({ title, how, value, min, max, onType }: NumberInputProps): ReactNode => (
  <label title={how}>
    {title}
    <input
      type="number"
      className={styles.number}
      {...{ value, min, max }}
      onChange={({ target }) => onType(target.value)}
    />
  </label>
);
