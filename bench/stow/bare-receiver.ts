import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { serveParent } from './child.ts';
import { boundary } from './load.ts';

/** The bare limit: splits, hashes, writes, syncs the data of each file, answers. No header read, no name made durable, no row, no bad input. */
const folder = process.argv[2] as string;
const delimiter = Buffer.from(`\r\n--${boundary}`);
let count = 0;

interface OpenFile {
  readonly file: FileHandle;
  readonly hash: Hash;
}

async function receive(request: IncomingMessage): Promise<void> {
  let rest: Buffer = Buffer.from('\r\n');
  let current: OpenFile | null = null;
  for await (const chunk of request) {
    let buffer = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    for (let at = buffer.indexOf(delimiter); at >= 0; at = buffer.indexOf(delimiter)) {
      if (current !== null) await finish(current, buffer.subarray(0, at));
      current = null;
      const bodyStart = buffer.indexOf('\r\n\r\n', at + delimiter.length);
      if (bodyStart < 0) break;
      count += 1;
      current = {
        file: await open(join(folder, `${process.pid}-${count}`), 'w'),
        hash: createHash('sha256'),
      };
      buffer = buffer.subarray(bodyStart + 4);
    }
    const keep = current === null ? 0 : Math.max(0, buffer.length - delimiter.length);
    if (current !== null && keep > 0) await write(current, buffer.subarray(0, keep));
    rest = buffer.subarray(keep);
  }
}

async function write({ file, hash }: OpenFile, bytes: Buffer): Promise<void> {
  hash.update(bytes);
  await file.write(bytes);
}

async function finish(opened: OpenFile, bytes: Buffer): Promise<void> {
  if (bytes.length > 0) await write(opened, bytes);
  await opened.file.datasync();
  await opened.file.close();
  opened.hash.digest('hex');
}

const server = createServer((request, response) => {
  receive(request).then(
    () => response.end('{}'),
    () => response.destroy(),
  );
});
server.listen(0, '127.0.0.1', () => serveParent((server.address() as AddressInfo).port));
