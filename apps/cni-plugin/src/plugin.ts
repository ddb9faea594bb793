/** What podlan does for each verb. A pod waits for this program to start: each verb loads what it needs itself. */
import type { CniPlugin } from '@podlan/cni/protocol';

export const plugin: CniPlugin = {
  add: async (request) => (await import('./add.js')).add(request),
  del: async (request) => (await import('./del.js')).del(request),
  check: async (request) => (await import('./check.js')).check(request),
  gc: async (request) => (await import('./gc.js')).collect(request),
  status: async (request) => (await import('./status.js')).status(request),
};
