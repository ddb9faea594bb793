// A cluster from its first join to a packet that is lost, and a digest of every frame in between.
import { SimCluster, traceText } from '@podlan/simulator';

const CONFIG = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };

async function digest(chunks) {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export async function run() {
  const cluster = new SimCluster({ config: CONFIG, seed: 7 });
  const [a, b] = [await cluster.join('wasm'), await cluster.join('kernel')];
  const [from, to] = [await a.addPod(), await b.addPod()];
  const ask = () => cluster.probe(from.name, { destination: to.addresses[0] });
  const answered = ask();
  cluster.cut(b.name);
  const lost = ask();
  await cluster.stop();
  const hops = [...answered.hops, ...lost.hops];
  return {
    answered: [answered.answered, lost.answered],
    routes: traceText(answered).filter((line) => / route /.test(line)).length,
    frames: await digest(hops.map(({ before }) => before)),
  };
}
