/** One frame on the bench: what can be done to it as a whole, its fields to edit, and its bytes. */
import {
  type DissectedField,
  decapVxlan,
  encapVxlan,
  type LinkType,
  repairChecksums,
  repairLengths,
} from '@podlan/wire';
import { type ReactNode, useState } from 'react';
import { FrameView } from '../frame/frame-view';
import { useText } from '../language';
import { type BenchPacket, changed, edited, isDissected, linkTypeText } from './bench-packets';
import { COURSE_TUNNEL } from './build-frame';
import { FieldEditor } from './field-editor';
import { text } from './text';
import styles from './workbench.module.css';

interface FrameBenchProps {
  readonly packet: BenchPacket;
  readonly onChange: (packet: BenchPacket) => void;
  readonly onRemove: () => void;
}

export function FrameBench({ packet, onChange, onRemove }: FrameBenchProps): ReactNode {
  const words = useText(text);
  const { linkType } = packet;
  return (
    <section className={styles.bench} aria-label={words.frame}>
      {isDissected(linkType) ? (
        <DissectedFrame {...{ packet, linkType, onChange, onRemove }} />
      ) : (
        <p>
          {words.noDissector} {linkTypeText(linkType)}
        </p>
      )}
    </section>
  );
}

function DissectedFrame({
  packet,
  linkType,
  onChange,
  onRemove,
}: FrameBenchProps & { readonly linkType: LinkType }): ReactNode {
  const words = useText(text);
  const [field, setField] = useState<DissectedField>();
  const [isFollowed, setFollowed] = useState(true);
  const put = (to: BenchPacket) => {
    setField(undefined);
    onChange(to);
  };
  return (
    <>
      <div className={styles.tools}>
        <FrameTools {...{ packet, linkType, onRemove }} onChange={put} />
        <label className={styles.check}>
          <input
            type="checkbox"
            checked={isFollowed}
            onChange={({ target }) => setFollowed(target.checked)}
          />
          {words.follow}
        </label>
      </div>
      <div className={styles.slot}>
        {field ? (
          <FieldEditor
            key={`${field.name} ${field.offset}`}
            field={field}
            onSet={(value) => put(edited(packet, linkType, field, value, isFollowed))}
            onCancel={() => setField(undefined)}
          />
        ) : (
          <p className={styles.quiet}>{words.howTo}</p>
        )}
      </div>
      <FrameView bytes={packet.bytes} linkType={linkType} before={comparable(packet)} onPick={setField} />
    </>
  );
}

/** The bytes before, where those of now stand at the same places or have only something around them. */
function comparable({ bytes, previous }: BenchPacket): Uint8Array | undefined {
  if (!previous) return undefined;
  const [shorter, longer] =
    bytes.length < previous.bytes.length ? [bytes, previous.bytes] : [previous.bytes, bytes];
  const end = longer.subarray(longer.length - shorter.length);
  const isAround = shorter.length === longer.length || shorter.every((byte, at) => byte === end[at]);
  return isAround ? previous.bytes : undefined;
}

function FrameTools({
  packet,
  linkType,
  onChange,
  onRemove,
}: FrameBenchProps & { readonly linkType: LinkType }): ReactNode {
  const words = useText(text);
  const { bytes, previous } = packet;
  const content = linkType === 'ethernet' ? decapVxlan(bytes) : undefined;
  const put = (to: Uint8Array) => onChange(changed(packet, to));
  return (
    <>
      <button
        type="button"
        disabled={linkType !== 'ethernet'}
        onClick={() => put(encapVxlan(bytes, COURSE_TUNNEL))}
      >
        {words.encap}
      </button>
      <button type="button" disabled={!content} onClick={() => content && put(content.frame.slice())}>
        {words.decap}
      </button>
      <button type="button" onClick={() => put(repairLengths(bytes, linkType))}>
        {words.repairLengths}
      </button>
      <button type="button" onClick={() => put(repairChecksums(bytes, linkType))}>
        {words.repairChecksums}
      </button>
      <button type="button" disabled={!previous} onClick={() => previous && onChange(previous)}>
        {words.undo}
      </button>
      <button type="button" onClick={onRemove}>
        {words.remove}
      </button>
    </>
  );
}
