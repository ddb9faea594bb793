/** An authority of a test's own, and certificates that it signed, in files of one folder. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export class Certificates {
  readonly folder = mkdtempSync(join(tmpdir(), 'podlan-certificates-'));

  /** `ca.crt`; `server.crt` and `server.key` for 127.0.0.1; `client.crt` and `client.key`. */
  static async make(): Promise<Certificates> {
    const made = new Certificates();
    await made.#openssl('req', '-x509', ...NEW_KEY, '-subj', '/CN=podlan-test', ...keyAndFile('ca', 'crt'));
    writeFileSync(made.path('names'), 'subjectAltName=IP:127.0.0.1\n');
    for (const name of ['server', 'client']) await made.#sign(name);
    return made;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true });
  }

  async #sign(name: string): Promise<void> {
    await this.#openssl('req', '-new', ...NEW_KEY, '-subj', `/CN=${name}`, ...keyAndFile(name, 'csr'));
    const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names'];
    await this.#openssl('x509', '-req', '-in', `${name}.csr`, ...authority, '-out', `${name}.crt`);
  }

  async #openssl(...args: string[]): Promise<void> {
    await run('openssl', args, { cwd: this.folder });
  }
}

const keyAndFile = (name: string, kind: string) => ['-keyout', `${name}.key`, '-out', `${name}.${kind}`];
