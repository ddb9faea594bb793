/** The types that the schemas come to. */
import type * as v from 'valibot';
import type * as table from './namespace-schema.js';
import type * as schema from './snapshot-schema.js';

/** What one node had at one moment: its host namespace, its pods', and what its agent says. Plain JSON. */
export type NodeSnapshot = v.InferOutput<typeof schema.NodeSnapshot>;
/** As of `ip -d -j link`. */
export type LinkSnapshot = v.InferOutput<typeof table.Link>;
/** The addresses of one device, as of `ip -j address`. */
export type AddressSnapshot = v.InferOutput<typeof table.Address>;
/** As of `ip -j route show table all`, with its family. */
export type RouteSnapshot = v.InferOutput<typeof table.Route>;
/** As of `ip -j rule`, with its family. */
export type RuleSnapshot = v.InferOutput<typeof table.Rule>;
/** As of `ip -j neigh`. */
export type NeighborSnapshot = v.InferOutput<typeof table.Neighbor>;
/** As of `bridge -j fdb`. */
export type FdbSnapshot = v.InferOutput<typeof table.FdbEntry>;
/** A socket that listens. */
export type SocketSnapshot = v.InferOutput<typeof table.Socket>;
/** One object of `nft -j list ruleset`. */
export type NftObjectSnapshot = v.InferOutput<typeof table.NftObject>;
