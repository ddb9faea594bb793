/** Everyone in the order of the tables: ours first, then by what they answer. */
import { mapPerLength } from './map-per-length.js';
import { blockList, cidrMatcher, ipSet, isInSubnet } from './membership.js';
import { maxmind, mmdbLib } from './mmdb-readers.js';
import { numericRouteTable, routeTable } from './route-table.js';
import { ipaddrJs, ipNum, netmask } from './scans.js';
import { arkimeIptrie, ipRouter, longestPrefixMatch } from './tries.js';

export const OURS = [numericRouteTable, routeTable];
/** Packages with a table that answers the longest match. */
export const LONGEST_MATCH_RIVALS = [maxmind, mmdbLib, arkimeIptrie, longestPrefixMatch, ipRouter];
export const BASELINE = mapPerLength;

export const CONTENDERS = [
  ...OURS,
  BASELINE,
  ...LONGEST_MATCH_RIVALS,
  ...[blockList, ipSet, isInSubnet, cidrMatcher],
  ...[ipaddrJs, ipNum, netmask],
];
