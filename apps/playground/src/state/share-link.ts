/** A state as part of a URL, behind the `#`: JSON, deflated, in base64url. It is data, and is checked as such. */
import { type PlaygroundState, parseState, StateError } from './playground-state';

/** A state of the longest list of actions is smaller. */
const MOST_BYTES = 200_000;
const FORMAT = 'deflate-raw';

export async function linkOf(state: PlaygroundState): Promise<string> {
  const json = new TextEncoder().encode(JSON.stringify(state));
  const packed = await bytesOf(streamOf(json).pipeThrough(new CompressionStream(FORMAT)), MOST_BYTES);
  const text = btoa(String.fromCharCode(...packed));
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Rejects with StateError. */
export async function stateOfLink(link: string): Promise<PlaygroundState> {
  return parseState(await jsonOf(link));
}

async function jsonOf(link: string): Promise<unknown> {
  try {
    const packed = Uint8Array.from(atob(link.replaceAll('-', '+').replaceAll('_', '/')), (one) =>
      one.charCodeAt(0),
    );
    const json = await bytesOf(streamOf(packed).pipeThrough(new DecompressionStream(FORMAT)), MOST_BYTES);
    return JSON.parse(new TextDecoder().decode(json));
  } catch (cause) {
    const text =
      'expected a state as this page writes it into its links, got something else: ask for the link again';
    throw new StateError(text, { cause });
  }
}

const streamOf = (bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> =>
  new Blob([bytes]).stream();

/** A small link may unpack to something huge: no more than `most` of it is read. */
async function bytesOf(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > most) {
      await reader.cancel();
      throw new RangeError(`expected at most ${most} bytes`);
    }
    parts.push(part.value);
  }
  return joined(parts, length);
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
