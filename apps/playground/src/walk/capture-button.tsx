/** Saves a walk as a capture file: what each device on the way saw. */
import { tracePcap } from '@podlan/simulator';
import type { ReactNode } from 'react';
import { useText } from '../language';
import { saveFile } from '../save-file';
import type { Walk } from '../scene/scene';
import { text } from './text';

export function CaptureButton({ walk: { packet, result } }: { readonly walk: Walk }): ReactNode {
  const words = useText(text);
  const name = `${packet.from}-${packet.to}.pcapng`.replace(/[^\w.-]/g, '-');
  return (
    <button type="button" onClick={() => saveFile(name, tracePcap(result), 'application/x-pcapng')}>
      {words.capture}
    </button>
  );
}
