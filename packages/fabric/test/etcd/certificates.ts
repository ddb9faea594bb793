/** A certificate authority for one test, with a server's and a client's certificate for 127.0.0.1, made by openssl. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Identity {
  readonly keyFile: string;
  readonly certFile: string;
}

export class Certificates {
  readonly #folder: string;
  readonly #authority: Identity;

  constructor(folder: string) {
    this.#folder = folder;
    this.#authority = this.#files('ca');
    this.#openssl('req', '-x509', ...this.#newKey('ca'), '-days', '1', '-out', this.#authority.certFile);
  }

  get caFile(): string {
    return this.#authority.certFile;
  }

  issue(name: string): Identity {
    const { keyFile, certFile } = this.#files(name);
    const [request, extensions] = [join(this.#folder, `${name}.csr`), join(this.#folder, 'extensions')];
    writeFileSync(extensions, 'subjectAltName = IP:127.0.0.1, DNS:localhost\n');
    this.#openssl('req', ...this.#newKey(name), '-out', request);
    const signer = ['-CA', this.caFile, '-CAkey', this.#authority.keyFile, '-CAcreateserial'];
    const content = ['-in', request, '-extfile', extensions, '-days', '1', '-out', certFile];
    this.#openssl('x509', '-req', ...signer, ...content);
    return { keyFile, certFile };
  }

  #files(name: string): Identity {
    return { keyFile: join(this.#folder, `${name}.key`), certFile: join(this.#folder, `${name}.crt`) };
  }

  #newKey(name: string): string[] {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    return [...key, '-keyout', this.#files(name).keyFile, '-subj', `/CN=${name}`];
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { stdio: 'ignore' });
  }
}
