/**
 * Docusaurus fetches ahead what the links in view lead to. How it finds that out takes a slow phone long for each link, just
 * when the page comes alive, and asks for each chunk once for every page that needs it, which for most is all of them. Here
 * it waits until there is nothing else to do, one page at a time, and every chunk is asked for once.
 */

import type { ClientModule } from '@docusaurus/types';
import siteConfig from '@generated/docusaurus.config';
import namesOfRoutes from '@generated/routesChunkNames';
import { RouteChunks } from './route-chunks';

/** Of Docusaurus: where the chunk of a name lies. */
declare const __webpack_require__: { gca(name: string): string | undefined };

/** Not everywhere. */
const whenIdle = (work: () => void): unknown =>
  typeof requestIdleCallback === 'function' ? requestIdleCallback(work) : setTimeout(work, 200);

let routes: RouteChunks | undefined;

const asked = new Set<string>();

function ask(name: string): void {
  if (asked.has(name)) return;
  asked.add(name);
  const url = __webpack_require__.gca(name);
  // A chunk can have become part of another.
  if (url === undefined || url.includes('undefined')) return;
  const link = document.createElement('link');
  link.rel = 'prefetch';
  link.href = url;
  document.head.append(link);
}

const isSlow = (): boolean => {
  const { connection } = navigator as { connection?: { effectiveType: string; saveData: boolean } };
  return connection !== undefined && (connection.saveData || connection.effectiveType.includes('2g'));
};

function prefetch(link: string): false {
  const [path] = link.split(/[?#]/, 1);
  if (!isSlow()) {
    whenIdle(() => {
      routes ??= new RouteChunks(namesOfRoutes);
      const names = routes.of(path!);
      names.forEach(ask);
      // What draws pages of text, in place of the scripts of its parts.
      if (names.length > 0 && path!.startsWith(`${siteConfig.baseUrl}docs/`)) ask('docs');
    });
  }
  return false;
}

/** Before links are seen for the first time; `window.docusaurus` is not there yet when modules are loaded. */
export const onRouteDidUpdate: ClientModule['onRouteDidUpdate'] = () => {
  if (window.docusaurus.prefetch !== prefetch) window.docusaurus = { ...window.docusaurus, prefetch };
};
