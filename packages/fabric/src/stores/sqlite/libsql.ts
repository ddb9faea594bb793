/**
 * libsql, loaded without a look at the network: it learns from a report of Node's which libc is here, and that report
 * asks DNS, synchronously, for the name of every peer of this process. Where no DNS server answers, half a minute each.
 */
import type Libsql from 'libsql';

export type SqliteDatabase = Libsql.Database;

// Node 20 has it; its type came later.
const report = process.report as NodeJS.ProcessReport & { excludeNetwork: boolean };
const { excludeNetwork } = report;
report.excludeNetwork = true;
const libsql = await import('libsql');
report.excludeNetwork = excludeNetwork;

/** Options as better-sqlite3's. */
export const openDatabase = (path: string, options: Libsql.Options): SqliteDatabase =>
  new libsql.default(path, options);
