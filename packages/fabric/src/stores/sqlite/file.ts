/**
 * The SQLite file: opening it, its schema, and SQLite's errors in our words. WAL mode, so that a writer killed inside a
 * transaction leaves nothing behind and readers never wait.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { LeaseError } from '../../lease.js';
import { openDatabase, type SqliteDatabase } from './libsql.js';

const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS config (id INTEGER PRIMARY KEY CHECK (id = 1), json TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS leases (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at_ms INTEGER);
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** One connection to the file, opened when first used and again after an error closed it. */
export class SqliteFile {
  readonly path: string;
  readonly #busyTimeoutMs: number;
  #database: SqliteDatabase | undefined;
  #identity: string | undefined;

  constructor(path: string, busyTimeoutMs: number) {
    this.path = path;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  /** Runs `work` on the connection; every failure comes out as a LeaseError, and the connection is opened anew next time. */
  use<T>(work: (database: SqliteDatabase) => T): T {
    try {
      return work(this.#open());
    } catch (cause) {
      const error = sqliteError(this.path, cause);
      if (error.cause !== undefined && !isBusy(cause)) this.close();
      throw error;
    }
  }

  /** As {@link use}, inside a transaction that holds the write lock from its start. */
  write<T>(work: (database: SqliteDatabase) => T): T {
    return this.use((database) => transact(database, () => work(database)));
  }

  close(): void {
    const database = this.#database;
    this.#database = undefined;
    try {
      database?.close();
    } catch {
      // It is given up either way.
    }
  }

  #open(): SqliteDatabase {
    if (this.#database !== undefined && this.#identity === identityOf(this.path)) return this.#database;
    this.close();
    if (this.#identity !== undefined && !existsSync(this.path)) throw fileGone(this.path);
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    this.#database = openDatabase(this.path, { timeout: this.#busyTimeoutMs });
    prepareSchema(this.#database, this.path);
    this.#identity = identityOf(this.path);
    return this.#database;
  }
}

/** On a full disk SQLite rolls back by itself; libsql's own wrapper then tells of the second rollback, not of the disk. */
function transact<T>(database: SqliteDatabase, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function prepareSchema(database: SqliteDatabase, path: string): void {
  // The version is read first: on a text file this fails before anything is written.
  const version = userVersion(database);
  if (version > SCHEMA_VERSION) throw newerSchema(path, version);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
  if (version === SCHEMA_VERSION) return;
  transact(database, () => database.exec(SCHEMA));
}

function userVersion(database: SqliteDatabase): number {
  const [row] = database.prepare('PRAGMA user_version').all() as { user_version: number }[];
  return row?.user_version ?? 0;
}

/** Changes when the file is deleted or replaced: an open connection would go on with the old one, unseen by all others. */
function identityOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}

function fileGone(path: string): LeaseError {
  const advice = 'put it back, or restart the agents to begin a new one';
  return new LeaseError('unavailable', `lease store ${path}: expected the file, found it deleted; ${advice}`);
}

function newerSchema(path: string, version: number): LeaseError {
  const found = `expected schema version ${SCHEMA_VERSION}, found ${version}`;
  return new LeaseError('corrupt', `lease store ${path}: ${found}; use the podlan version that wrote it`);
}

export function isBusy(error: unknown): boolean {
  const code = codeOf(error instanceof LeaseError ? error.cause : error);
  return code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED');
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

function sqliteError(path: string, cause: unknown): LeaseError {
  if (cause instanceof LeaseError) return cause;
  const code = codeOf(cause);
  const message = (cause as Error).message;
  const say = (kind: 'corrupt' | 'unavailable', found: string, advice: string) =>
    new LeaseError(kind, `lease store ${path}: ${found} (${code || 'no code'}: ${message}); ${advice}`, {
      cause,
    });
  if (/^SQLITE_(CORRUPT|NOTADB|FORMAT|ERROR|MISMATCH)/.test(code)) {
    return say(
      'corrupt',
      'expected podlan leases, found a damaged or foreign file',
      'move it away and restart the agents',
    );
  }
  if (isBusy(cause))
    return say('unavailable', 'another process holds the write lock', 'look for a stopped agent');
  if (code.startsWith('SQLITE_FULL')) return say('unavailable', 'the disk is full', `free space for ${path}`);
  if (code.startsWith('SQLITE_READONLY')) return say('unavailable', 'not writable', 'check owner and mode');
  return say('unavailable', 'cannot be read or written', 'check that its directory exists and is writable');
}
