/** The module of a route table: no slots, and memory that grows with the prefixes. */
import { wholeNumber } from './arguments.js';
import { DEFAULT_ROUTES, MAX_ROUTES } from './layout.js';
import { createDataplane, type Dataplane, type ModuleSource } from './wasm.js';

/** How large a table may become, and where its module is from. */
export interface RouteTableOptions {
  /** How many prefixes of both families it takes; 4,194,304 unless told otherwise. Memory is taken as they come. */
  readonly capacity?: number;
  /** A module of one's own in place of the embedded one: see {@link ModuleSource}. */
  readonly module?: ModuleSource;
}

/** A module for a table. */
export function createTableModule({
  capacity = DEFAULT_ROUTES,
  module,
}: RouteTableOptions): Promise<Dataplane> {
  wholeNumber('capacity', capacity, 1, MAX_ROUTES);
  return createDataplane({ slots: 0, slotBytes: 0, capacity }, module);
}
