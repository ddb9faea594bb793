// The module from its file, handed to a worker thread, so that both use what was compiled once.
import { readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { answers } from './answers.js';

if (isMainThread) {
  const file = new URL(import.meta.resolve('@podlan/dataplane/dataplane.wasm'));
  const module = await WebAssembly.compile(readFileSync(file));
  new Worker(new URL(import.meta.url), { workerData: module }).on('message', (text) => console.log(text));
} else parentPort.postMessage(JSON.stringify(await answers({ module: workerData })));
