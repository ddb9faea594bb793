import { answers } from './answers.js';

const inWorker = new Promise((resolve, reject) => {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
});

globalThis.answers = Promise.all([answers(), inWorker]).then(([page, worker]) => ({ page, worker }));
