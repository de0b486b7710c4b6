import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

// biome-ignore lint/suspicious/noExplicitAny: the package ships no types, and its server is used here only
const ssh2 = createRequire(import.meta.url)('ssh2') as any;
const { STATUS_CODE, flagsToString } = ssh2.utils.sftp;

export interface TestSftp {
  readonly port: number;
  /** As `ssh-keygen -l` prints it, and the key itself. */
  readonly fingerprint: string;
  readonly publicKey: string;
  /** Private key that the server lets in, beside the password. */
  readonly clientKey: string;
  connections: number;
  /** Ends all connections, as a restart of the server would. */
  cut(): void;
  close(): Promise<void>;
}

/** One Ed25519 pair in some three hundred that the package makes it cannot read itself: it is drawn again. */
function drawKeyPair(): { readonly public: string; readonly private: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    const isReadable = [pair.public, pair.private].every(
      (key) => !(ssh2.utils.parseKey(key) instanceof Error),
    );
    if (isReadable) return pair;
  }
}

/**
 * An SFTP server on loopback over a folder: the server half of the same package, files of this machine. With `program` (the sftp-server of
 * OpenSSH) that one serves, on the paths of the machine.
 */
export async function startSftp(folder: string, options: { program?: string } = {}): Promise<TestSftp> {
  const host = drawKeyPair();
  const client = drawKeyPair();
  const open = new Set<{ end(): void }>();
  const allowed = ssh2.utils.parseKey(client.public).getPublicSSH() as Buffer;
  const server = new ssh2.Server(
    { hostKeys: [host.private] },
    (connection: EventEmitter & { end(): void }) => {
      open.add(connection);
      started.connections++;
      connection.on('error', () => {});
      connection.on('close', () => open.delete(connection));
      connection.on('authentication', (ask) => {
        const isPassword = ask.method === 'password' && ask.username === 'his' && ask.password === 'right';
        const isKey = ask.method === 'publickey' && allowed.equals(ask.key.data);
        if (isPassword || isKey) ask.accept();
        else ask.reject(['password', 'publickey']);
      });
      connection.on('session', (accept: () => EventEmitter) => {
        const session = accept();
        const { program } = options;
        if (program === undefined) session.on('sftp', (take) => serve(take(), folder));
        else session.on('subsystem', (take) => pass(take(), program));
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const wire = ssh2.utils.parseKey(host.public).getPublicSSH() as Buffer;
  const started: TestSftp = {
    port: server.address().port,
    fingerprint: `SHA256:${createHash('sha256').update(wire).digest('base64').replace(/=+$/, '')}`,
    publicKey: host.public,
    clientKey: client.private,
    connections: 0,
    cut: () => {
      for (const connection of open) connection.end();
    },
    close: () => {
      started.cut();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return started;
}

const attributes = (stats: Stats) => ({
  mode: stats.mode,
  uid: stats.uid,
  gid: stats.gid,
  size: stats.size,
  atime: Math.floor(stats.atimeMs / 1000),
  mtime: Math.floor(stats.mtimeMs / 1000),
});

interface ServerSftp extends EventEmitter {
  status(id: number, code: number, message?: string): void;
  handle(id: number, handle: Buffer): void;
  data(id: number, data: Buffer): void;
  name(id: number, names: readonly object[]): void;
  attrs(id: number, attrs: object): void;
}

function serve(sftp: ServerSftp, folder: string): void {
  const path = (name: string): string => join(folder, name);
  const handles = new Map<number, { file?: number; names?: string[]; folder?: string }>();
  let next = 1;
  const opened = (id: number, what: { file?: number; names?: string[]; folder?: string }): void => {
    handles.set(next, what);
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(next++);
    sftp.handle(id, handle);
  };
  const of = (handle: Buffer) => handles.get(handle.readUInt32BE(0))!;
  const answer = (id: number, act: () => void): void => {
    try {
      act();
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      sftp.status(id, isMissing ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE, (error as Error).message);
    }
  };
  const done = (id: number, act: () => void): void =>
    answer(id, () => {
      act();
      sftp.status(id, STATUS_CODE.OK);
    });
  sftp.on('OPEN', (id: number, name: string, flags: number) =>
    answer(id, () => {
      const mode = flagsToString(flags) ?? 'r';
      opened(id, {
        file: openSync(
          path(name),
          mode === 'w' ? constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY : mode,
        ),
      });
    }),
  );
  sftp.on('READ', (id: number, handle: Buffer, offset: number, length: number) =>
    answer(id, () => {
      const bytes = Buffer.alloc(length);
      const count = readSync(of(handle).file!, bytes, 0, length, offset);
      if (count === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.data(id, bytes.subarray(0, count));
    }),
  );
  sftp.on('WRITE', (id: number, handle: Buffer, offset: number, data: Buffer) =>
    done(id, () => writeSync(of(handle).file!, data, 0, data.length, offset)),
  );
  sftp.on('CLOSE', (id: number, handle: Buffer) =>
    done(id, () => {
      const { file } = of(handle);
      if (file !== undefined) closeSync(file);
    }),
  );
  sftp.on('FSTAT', (id: number) => sftp.status(id, STATUS_CODE.OP_UNSUPPORTED));
  for (const event of ['LSTAT', 'STAT']) {
    sftp.on(event, (id: number, name: string) =>
      answer(id, () => sftp.attrs(id, attributes(lstatSync(path(name))))),
    );
  }
  sftp.on('OPENDIR', (id: number, name: string) =>
    answer(id, () => opened(id, { names: readdirSync(path(name)), folder: path(name) })),
  );
  sftp.on('READDIR', (id: number, handle: Buffer) =>
    answer(id, () => {
      const listing = of(handle);
      const names = listing.names!.splice(0, 3);
      if (names.length === 0) return sftp.status(id, STATUS_CODE.EOF);
      const entry = (filename: string) => ({
        filename,
        longname: filename,
        attrs: attributes(lstatSync(join(listing.folder!, filename))),
      });
      sftp.name(id, names.map(entry));
    }),
  );
  sftp.on('MKDIR', (id: number, name: string) => done(id, () => mkdirSync(path(name))));
  sftp.on('REMOVE', (id: number, name: string) => done(id, () => unlinkSync(path(name))));
  sftp.on('RENAME', (id: number, from: string, to: string) =>
    done(id, () => {
      lstatSync(path(from));
      renameSync(path(from), path(to));
    }),
  );
}

function pass(channel: Duplex, program: string): void {
  const child = spawn(program, [], { stdio: ['pipe', 'pipe', 'ignore'] });
  channel.pipe(child.stdin);
  child.stdout.pipe(channel);
}
