import type { SFTPWrapper } from 'ssh2';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { FileAccess, FileEntry } from './file-access.ts';
import { type SftpConnection, SftpLine, type SftpOptions } from './sftp-line.ts';

export type { SftpOptions } from './sftp-line.ts';

const noSuchFile = 2;
const writeBytesMax = 32 * 1024;

/**
 * The folders of an SFTP server. One connection, opened when it is needed and again after it broke. Names are changed and content is
 * synced by the extensions of OpenSSH where the server has them.
 */
export function createSftpFiles(options: SftpOptions): FileAccess {
  const line = new SftpLine(options);
  const ask = <T>(what: string, call: (connection: SftpConnection) => Promise<T>) => line.ask(what, call);
  const place = `sftp://${options.host}:${options.port}`;
  return {
    place,
    join: (folder, name) => `${folder.replace(/\/+$/, '')}/${name}`,
    list: (folder) => ask(folder, ({ sftp }) => list(sftp, folder)),
    makeFolder: (path) => ask(path, ({ sftp }) => makeFolder(sftp, path)),
    move: (from, to) => ask(from, (connection) => move(connection, from, to)),
    exists: (path) => ask(path, ({ sftp }) => unlessMissing((done) => sftp.lstat(path, done))),
    read: (path) => read(line, path),
    write: (path, chunks) => ask(path, (connection) => write(connection, path, chunks)),
    remove: (path) =>
      ask(path, async ({ sftp }) => void (await unlessMissing((done) => sftp.unlink(path, done)))),
    // The protocol has no sync of a folder; the server's own file system keeps its names.
    syncFolder: async () => {},
    close: () => line.close(),
  };
}

async function list(sftp: SFTPWrapper, folder: string): Promise<readonly FileEntry[]> {
  const found = await step<
    readonly { filename: string; attrs: { size: number; mtime: number; isFile(): boolean } }[]
  >((done) => sftp.readdir(folder, done));
  return found
    .filter(({ filename, attrs }) => attrs.isFile() && !filename.includes('/'))
    .map(({ filename, attrs }) => ({
      name: filename,
      bytesCount: attrs.size,
      modifiedAtMs: attrs.mtime * 1000,
    }));
}

async function makeFolder(sftp: SFTPWrapper, path: string): Promise<void> {
  if (await unlessMissing((done) => sftp.lstat(path, done))) return;
  await step<void>((done) => sftp.mkdir(path, done as never));
}

async function move({ sftp, has }: SftpConnection, from: string, to: string): Promise<boolean> {
  if (has('posix-rename@openssh.com'))
    return unlessMissing((done) => sftp.ext_openssh_rename(from, to, done));
  // The plain rename of the protocol (version 3) fails where the new name is taken.
  await unlessMissing((done) => sftp.unlink(to, done));
  return unlessMissing((done) => sftp.rename(from, to, done));
}

async function* read(line: SftpLine, path: string): AsyncGenerator<Uint8Array> {
  const { sftp } = await line.connection();
  const stream = sftp.createReadStream(path, { highWaterMark: 64 * 1024 });
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (cause) {
    throw line.fault(path, cause);
  }
}

async function write(
  { sftp, has }: SftpConnection,
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const handle = await step<Buffer>((done) => sftp.open(path, 'w', done));
  try {
    let position = 0;
    for await (const chunk of chunks) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      for (let at = 0; at < bytes.length; at += writeBytesMax) {
        const length = Math.min(writeBytesMax, bytes.length - at);
        const from = position;
        await step<void>((done) => sftp.write(handle, bytes, at, length, from, done as never));
        position += length;
      }
    }
    if (has('fsync@openssh.com')) await step<void>((done) => sftp.ext_openssh_fsync(handle, done as never));
  } finally {
    await step<void>((done) => sftp.close(handle, done as never));
  }
}

/** One request of the protocol, within the time limit. */
function step<T>(call: (done: (error: Error | undefined, value: T) => void) => unknown): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const giveUp = setTimeout(
      () => reject(new BitHiveError('BH_FILE_IO', 'the SFTP server does not answer')),
      limits.sftpStepMs,
    );
    call((error, value) => {
      clearTimeout(giveUp);
      if (error) reject(error);
      else resolve(value);
    });
  });
}

async function unlessMissing(
  call: (done: (error: (Error & { code?: number | string }) | undefined) => void) => unknown,
): Promise<boolean> {
  try {
    await step<unknown>((done) => call((error) => done(error, undefined)));
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === noSuchFile) return false;
    throw error;
  }
}
