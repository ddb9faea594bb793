/** Every backend, in every family, on the kernel in memory and on that of Linux. */
import { test } from 'vitest';
import { CASES, testBackends } from './backend-suite.js';
import { NodeBench } from './node-bench.js';
import { linuxPlace, memoryPlace } from './places.js';

/** Passes of time; on the clock of the kernel in memory 50 ms each. */
const PASSES = { memory: 20, linux: 600 };

testBackends('in memory', memoryPlace, PASSES.memory);
testBackends('of Linux', linuxPlace, PASSES.linux);

test('routes that went with their interface are back with it', async () => {
  const place = await linuxPlace();
  const given = CASES.find(({ name }) => name === 'host-gw, both families')!;
  const bench = new NodeBench(given, place, PASSES.linux);
  try {
    bench.put(bench.peer(2));
    bench.start();
    await bench.settled(bench.peer(2));
    await place.ip('link set eth0 down');
    await bench.until(
      () => bench.state.failures.some(({ attempts }) => attempts > 2),
      () => bench.state,
    );
    await place.ip('link set eth0 up', 'addr add fd00:77::1/64 dev eth0 nodad');
    await bench.settled(bench.peer(2));
  } finally {
    await bench.stop();
    await place.dispose();
  }
});
