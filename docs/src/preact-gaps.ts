/** Where Preact in React's place would differ from it, as far as this site can tell. */

import { options } from 'preact';

declare global {
  interface Event {
    isImmediatePropagationStopped?(): boolean;
  }
}

const { vnode: earlierNode, event: earlierEvent } = options;

/** The name of an attribute in SVG counts by its case: with `tabIndex` no key would reach the node. */
options.vnode = (node) => {
  const props = node.props as Record<string, unknown>;
  if (typeof node.type === 'string' && 'tabIndex' in props) {
    const { tabIndex, ...others } = props;
    node.props = Object.assign(others, { tabindex: tabIndex }) as unknown as typeof node.props;
  }
  earlierNode?.(node);
};

/** Events get some of the methods that Zepto, in the search, gives those which have none, and then counts on all of. */
options.event = (event) => {
  event.isImmediatePropagationStopped ??= () => event.cancelBubble;
  return earlierEvent ? earlierEvent(event) : event;
};

/** React writes what to fetch early in front of a page; Preact, which expects no such thing, would move all that follows. */
if (typeof document !== 'undefined')
  for (const hint of document.querySelectorAll('#__docusaurus > link')) hint.remove();
