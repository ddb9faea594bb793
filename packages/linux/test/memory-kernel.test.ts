import { MemoryKernel, testKernel } from '../src/testing.js';

testKernel('MemoryKernel', async () => {
  const kernel = new MemoryKernel();
  return { kernel, other: kernel, dispose: async () => {} };
});
