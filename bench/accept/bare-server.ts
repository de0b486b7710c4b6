import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { openConnection } from '../../platform/store/sqlite/connection.ts';
import { loadSqlite } from '../../platform/store/sqlite/driver.ts';
import { serveParent } from './child.ts';

/**
 * The bare limit: framing, one row per message, one synced commit per event-loop turn, an answer. No parsing, no index, no duplicate
 * check, no bad input handled.
 */
const folder = process.argv[2] as string;
const database = openConnection(await loadSqlite(), join(folder, 'bare.sqlite'));
database.exec(
  'CREATE TABLE IF NOT EXISTS messages (seq INTEGER PRIMARY KEY, received_at INTEGER, body BLOB)',
);
const insert = database.prepare('INSERT INTO messages (received_at, body) VALUES (?, ?)');
let waiting: { socket: Socket; body: Buffer }[] = [];
let count = 0;

function commit(): void {
  const group = waiting;
  waiting = [];
  database.exec('BEGIN IMMEDIATE');
  for (const { body } of group) insert.run(Date.now(), body);
  database.exec('COMMIT');
  count += group.length;
  for (const { socket, body } of group) {
    const id = body.subarray(0, 200).toString('latin1').split('|')[9] ?? '';
    socket.write(`\x0bMSH|^~\\&|||||20261122||ACK|1|P|2.5.1\rMSA|AA|${id}\r\x1c\r`);
  }
}

const server = createServer({ noDelay: true }, (socket) => {
  let buffered: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    for (let end = buffered.indexOf('\x1c\r'); end >= 0; end = buffered.indexOf('\x1c\r')) {
      waiting.push({ socket, body: Buffer.from(buffered.subarray(1, end)) });
      if (waiting.length === 1) setImmediate(commit);
      buffered = buffered.subarray(end + 2);
    }
  });
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => {
  const stop = async () => {
    server.close();
    database.close();
  };
  serveParent((server.address() as AddressInfo).port, () => count, stop);
});
