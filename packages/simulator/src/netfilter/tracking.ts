/** Whether a ruleset makes the kernel follow connections, and so put fragments together first (nf_ct_netns_get). */
import type { Ruleset } from './ruleset.js';

const ASKING: ReadonlySet<string> = new Set(['ct', 'masquerade', 'snat', 'dnat', 'redirect']);

export const tracksConnections = ({ rules }: Ruleset): boolean => rules.some(({ expr }) => asks(expr));

function asks(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(asks);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => ASKING.has(key) || asks(inner));
}
