// The package ships no types, and those of others bring the types of another Node. What is used of it:

declare module 'ssh2' {
  import type { EventEmitter } from 'node:events';
  import type { Duplex, Readable } from 'node:stream';

  interface SftpStats {
    readonly size: number;
    /** Seconds. */
    readonly mtime: number;
    isFile(): boolean;
    isDirectory(): boolean;
  }
  type Done = (error: (Error & { code?: number | string }) | undefined) => void;

  export interface SFTPWrapper extends EventEmitter {
    readdir(
      path: string,
      done: (error: Error | undefined, list: readonly { filename: string; attrs: SftpStats }[]) => void,
    ): void;
    lstat(path: string, done: (error: Error | undefined, stats: SftpStats) => void): void;
    mkdir(path: string, done: Done): void;
    rename(from: string, to: string, done: Done): void;
    ext_openssh_rename(from: string, to: string, done: Done): void;
    ext_openssh_fsync(handle: Buffer, done: Done): void;
    unlink(path: string, done: Done): void;
    open(path: string, mode: string, done: (error: Error | undefined, handle: Buffer) => void): void;
    write(handle: Buffer, bytes: Buffer, offset: number, length: number, position: number, done: Done): void;
    close(handle: Buffer, done: Done): void;
    createReadStream(path: string, options?: { highWaterMark?: number }): Readable;
    end(): void;
  }

  export interface ConnectConfig {
    readonly sock?: Duplex;
    readonly host?: string;
    readonly port?: number;
    readonly username: string;
    readonly password?: string;
    readonly privateKey?: string;
    readonly passphrase?: string;
    readonly readyTimeout?: number;
    readonly keepaliveInterval?: number;
    readonly keepaliveCountMax?: number;
    readonly algorithms?: { readonly serverHostKey: readonly string[] };
    readonly hostVerifier: (key: Buffer) => boolean;
  }

  export class Client extends EventEmitter {
    connect(config: ConnectConfig): this;
    sftp(done: (error: Error | undefined, sftp: SFTPWrapper) => void): void;
    end(): this;
    destroy(): this;
  }

  const ssh2: { readonly Client: typeof Client; readonly Server: unknown; readonly utils: unknown };
  export default ssh2;
}
