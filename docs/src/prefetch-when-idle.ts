/**
 * Docusaurus fetches ahead what the links in view lead to. Finding out which chunks that is takes a slow phone a moment for
 * each link, all of them just when the page comes alive: it can wait until there is nothing else to do.
 */

import type { ClientModule } from '@docusaurus/types';

/** Not everywhere. */
const whenIdle = (work: () => void): unknown =>
  typeof requestIdleCallback === 'function' ? requestIdleCallback(work) : setTimeout(work, 200);

let waits = false;

/** Before links are seen for the first time; `window.docusaurus` is not there yet when modules are loaded. */
export const onRouteDidUpdate: ClientModule['onRouteDidUpdate'] = () => {
  if (waits) return;
  waits = true;
  const { prefetch } = window.docusaurus;
  window.docusaurus = {
    ...window.docusaurus,
    prefetch(path) {
      whenIdle(() => prefetch(path));
      return false;
    },
  };
};
