// The exported file, as Vite serves it, compiled while it arrives.
import url from '@podlan/dataplane/dataplane.wasm?url';
import { answers } from './answers.js';

globalThis.answers = answers({ module: WebAssembly.compileStreaming(fetch(url)) });
