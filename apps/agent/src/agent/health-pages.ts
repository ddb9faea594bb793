/**
 * Health over HTTP, as flanneld's: `/healthz` answers as long as the process does, `/readyz` is 503 until the node can
 * carry pods' packets. Beyond flanneld, `/readyz` goes back to 503 while the kernel can't be read or refuses the host's
 * own devices and rules, and says why. Neither looks at the lease store: what is programmed carries without it.
 */
import type { Pages } from './http-listener.js';

export function healthPages(unready: () => string | undefined): Pages {
  return {
    '/healthz': () => ({ status: 200, text: 'podlan agent is running\n' }),
    '/readyz': () => {
      const reason = unready();
      if (reason !== undefined) return { status: 503, text: `${reason}\n` };
      return { status: 200, text: 'podlan agent is ready\n' };
    },
  };
}
