#!/usr/bin/env node
/**
 * The route table on whole routing tables, against a Map per prefix length: at the boundaries of every prefix and at
 * random addresses, then changed at random and verified again. Ends at the first answer that differs, with exit code 1,
 * the address and both answers.
 *
 *     ADDRESSES=1000000 CHANGES=10000 npm run verify:full    less of both; ten million and 200,000 a table otherwise
 */
import { FULL } from '../bench/sizes.js';
import { installRivals } from '../rivals.js';
import { generatedTable } from '../tables/generated-table.js';
import { realTable } from '../tables/real-table.js';
import { verifyTable } from './verify-table.js';

const addresses = Number(process.env.ADDRESSES ?? 10_000_000);
const changes = Number(process.env.CHANGES ?? 200_000);

const TABLES = {
  'IPv4, real': () => realTable(4),
  'IPv4, generated': () => generatedTable({ family: 4, size: FULL[4] }),
  'IPv6, real': () => realTable(6),
  'IPv6, generated, any value': () => generatedTable({ family: 6, size: FULL[6], nextHops: 0xffffffff }),
};

installRivals();
try {
  for (const [title, make] of Object.entries(TABLES))
    await verifyTable(make(), { addresses, changes, log: (line) => console.log(`${title}: ${line}`) });
} catch (error) {
  console.error(`verify:full: ${error.message}`);
  process.exit(1);
}
