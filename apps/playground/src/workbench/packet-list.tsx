/** The packets on the bench, a line each, as tcpdump would say it. */
import { summarize } from '@podlan/wire';
import { memo, type ReactNode } from 'react';
import { useText } from '../language';
import { saveFile } from '../save-file';
import { type BenchPacket, fitPcap, isDissected, linkTypeText, pcapngOf, pcapOf } from './bench-packets';
import { text } from './text';
import styles from './workbench.module.css';

/** More lines than these nobody reads, and they would make the page slow. */
const MOST_LINES = 500;

interface PacketListProps {
  readonly packets: readonly BenchPacket[];
  readonly chosen: number;
  readonly onChoose: (index: number) => void;
}

export function PacketList({ packets, chosen, onChoose }: PacketListProps): ReactNode {
  const words = useText(text);
  const startNs = packets[0]?.timeNs ?? 0n;
  return (
    <section className={styles.packets} aria-label={words.packets}>
      <ol>
        {packets.slice(0, MOST_LINES).map((packet, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: packets are told apart by their place alone
          <li key={index}>
            <button type="button" aria-pressed={index === chosen} onClick={() => onChoose(index)}>
              <span className={styles.quiet}>{index + 1}</span>
              <span className={styles.quiet}>{secondsText(packet.timeNs - startNs)}</span>
              <Summary packet={packet} />
            </button>
          </li>
        ))}
      </ol>
      {packets.length > MOST_LINES && (
        <p className={styles.quiet}>{words.more(packets.length - MOST_LINES)}</p>
      )}
      <SaveButtons packets={packets} />
    </section>
  );
}

const Summary = memo(function Summary({ packet }: { readonly packet: BenchPacket }): ReactNode {
  const { bytes, linkType } = packet;
  return <span>{isDissected(linkType) ? summarize(bytes, linkType) : linkTypeText(linkType)}</span>;
});

const secondsText = (ns: bigint): string => (Number(ns) / 1e9).toFixed(6);

function SaveButtons({ packets }: Pick<PacketListProps, 'packets'>): ReactNode {
  const words = useText(text);
  const isPcap = fitPcap(packets);
  return (
    <p className={styles.tools}>
      <span>{words.save}</span>
      <button
        type="button"
        disabled={!isPcap}
        title={isPcap ? undefined : words.mixed}
        onClick={() => saveFile('frames.pcap', pcapOf(packets), 'application/vnd.tcpdump.pcap')}
      >
        pcap
      </button>
      <button
        type="button"
        disabled={packets.length === 0}
        onClick={() => saveFile('frames.pcapng', pcapngOf(packets), 'application/x-pcapng')}
      >
        pcapng
      </button>
    </p>
  );
}
