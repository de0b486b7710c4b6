import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A certificate authority of this test run, valid for a day. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bithive-tls-'));
  readonly cert: string;

  constructor() {
    this.#run('req', '-x509', ...ecKey('ca'), '-out', 'ca.pem', '-days', '1', '-subj', '/CN=test authority');
    this.cert = this.#read('ca.pem');
  }

  issue(name: string): Certificate {
    this.#run('req', ...ecKey(name), '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    writeFileSync(join(this.#folder, `${name}.ext`), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
    const request = ['-in', `${name}.csr`, '-extfile', `${name}.ext`, '-out', `${name}.pem`, '-days', '1'];
    this.#run('x509', '-req', ...request, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial');
    return { key: this.#read(`${name}.key`), cert: this.#read(`${name}.pem`) };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #run(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: 'ignore' });
  }

  #read(file: string): string {
    return readFileSync(join(this.#folder, file), 'utf8');
  }
}

const ecKey = (name: string): string[] => [
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:prime256v1',
  '-nodes',
  '-keyout',
  `${name}.key`,
];
