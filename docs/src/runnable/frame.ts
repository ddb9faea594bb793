/**
 * The document that code runs in: a frame of an origin of its own, which may load nothing and ask nobody.
 *
 *     page --MessagePort-- frame --Worker-- code
 *
 * Code runs in a worker, since an endless loop in the frame would hold up the page in browsers that give both one
 * thread. The worker has the frame's origin and policy. It is a classic one: Chromium starts no module worker from a
 * blob of an opaque origin. The code itself is a module all the same, which the worker imports.
 */

/** `blob:` is what the frame and the worker make themselves; connect-src, and all else, falls back to nothing. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:; worker-src blob:";

/** What the page says to the frame, together with the port that the worker is heard by. */
export interface FrameTask {
  /** The text of the worker. */
  readonly worker: string;
  readonly code: string;
}

const SCRIPT = `
addEventListener('message', ({ data, source, ports: [port] }) => {
  if (source !== parent) return;
  const url = URL.createObjectURL(new Blob([data.worker], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.onmessage = ({ data }) => port.postMessage(data);
  worker.onerror = ({ message }) => {
    port.postMessage({ kind: 'printed', stream: 'error', text: message || 'The browser started no worker.' });
  };
  worker.postMessage(data.code);
});`;

const DOCUMENT = `<!doctype html><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}"><script>${SCRIPT}</script>`;

/** Starts the task in a new frame, whose messages come out of the port. To remove the frame ends everything in it. */
export function openFrame(task: FrameTask): { frame: HTMLIFrameElement; port: MessagePort } {
  const { port1: port, port2 } = new MessageChannel();
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.hidden = true;
  frame.srcdoc = DOCUMENT;
  // An opaque origin has no name to send to.
  frame.addEventListener('load', () => frame.contentWindow?.postMessage(task, '*', [port2]), { once: true });
  document.body.append(frame);
  return { frame, port };
}
