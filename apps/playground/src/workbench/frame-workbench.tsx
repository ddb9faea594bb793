/** The workbench: frames built, pasted or opened, looked at byte by byte, edited and saved. */
import { type ReactNode, useState } from 'react';
import { type Language, LanguageProvider } from '../language';
import { type BenchPacket, newPacket } from './bench-packets';
import { buildFrame, FIRST_FORM } from './build-frame';
import { FrameBench } from './frame-bench';
import { PacketList } from './packet-list';
import { PacketSources } from './packet-sources';
import styles from './workbench.module.css';

export default function FrameWorkbench({ language }: { readonly language: Language }): ReactNode {
  return (
    <LanguageProvider value={language}>
      <Workbench />
    </LanguageProvider>
  );
}

interface Bench {
  readonly packets: readonly BenchPacket[];
  readonly chosen: number;
}

const firstBench = (): Bench => ({
  packets: [newPacket(buildFrame(FIRST_FORM), 'ethernet', Date.now())],
  chosen: 0,
});

function Workbench(): ReactNode {
  const [{ packets, chosen }, setBench] = useState(firstBench);
  const packet = packets[chosen];
  const add = (more: readonly BenchPacket[]) =>
    setBench({ packets: [...packets, ...more], chosen: packets.length });
  const change = (to: BenchPacket) => setBench({ packets: packets.with(chosen, to), chosen });
  const remove = () => setBench({ packets: packets.toSpliced(chosen, 1), chosen: Math.max(0, chosen - 1) });
  return (
    <div className={styles.workbench}>
      <PacketSources onAdd={add} onOpen={(opened) => setBench({ packets: opened, chosen: 0 })} />
      <PacketList {...{ packets, chosen }} onChoose={(index) => setBench({ packets, chosen: index })} />
      {packet && <FrameBench key={chosen} {...{ packet }} onChange={change} onRemove={remove} />}
    </div>
  );
}
