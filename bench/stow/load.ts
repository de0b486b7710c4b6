import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { objectBytes, pixelHeader } from '../../test/connectors/dicomweb/object-bytes.ts';
import { nextSlice, slicePixels } from './ct-slice.ts';

export const boundary = 'bithive-bench-8f14e45fceea167a';
const contentType = `multipart/related; type="application/dicom"; boundary=${boundary}`;
const partHead = (isFirst: boolean): Buffer =>
  Buffer.from(`${isFirst ? '' : '\r\n'}--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
const close = Buffer.from(`\r\n--${boundary}--\r\n`);

export interface Load {
  readonly connections: number;
  readonly instancesPerRequest: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly target?: StowTarget;
}

/** What differs between receivers: where they take objects, and for whom. */
export interface StowTarget {
  readonly path?: string;
  readonly authorization?: string;
}

const defaultPath = '/dicomweb/studies';

/** Instances per second that were answered with 200, each with a UID of its own, over persistent connections. */
export async function instancesPerSecond(port: number, load: Load): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
  const startMs = performance.now();
  const measureFromMs = startMs + load.warmUpMs;
  const endMs = measureFromMs + load.durationMs;
  let measured = 0;
  let lastMs = measureFromMs;
  const send = async (): Promise<void> => {
    while (performance.now() < endMs) {
      await post(port, agent, requestBody(load.instancesPerRequest), load.target);
      if (performance.now() < measureFromMs) continue;
      measured += load.instancesPerRequest;
      lastMs = performance.now();
    }
  };
  await Promise.all(Array.from({ length: load.connections }, send));
  agent.destroy();
  return (measured * 1000) / (lastMs - measureFromMs);
}

function requestBody(instances: number): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let index = 0; index < instances; index += 1) {
    const { header, pixels } = nextSlice();
    pieces.push(partHead(index === 0), header, pixels);
  }
  return [...pieces, close];
}

/** Sends a study of so many small instances, over as many connections as the agent has. */
export async function sendStudyOf(
  instances: number,
  port: number,
  agent: Agent,
  target: StowTarget,
): Promise<void> {
  let sent = 0;
  const send = async (): Promise<void> => {
    while (sent < instances) {
      sent += 1;
      const sopInstanceUid = `1.2.826.${process.pid}.3.${sent}`;
      const object = objectBytes({ sopInstanceUid, studyInstanceUid: `1.2.826.${process.pid}.4` });
      await post(
        port,
        agent,
        [partHead(true), object, pixelHeader(1024), slicePixels.subarray(0, 1024), close],
        target,
      );
    }
  };
  await Promise.all(Array.from({ length: agent.maxSockets }, send));
}

/** Sends one object with so many bytes of pixels. */
export async function sendLargeObject(
  port: number,
  pixelBytes: number,
  target: StowTarget = {},
): Promise<void> {
  const piece = Buffer.alloc(1024 * 1024, 0x5a);
  const agent = new Agent();
  function* pieces(): Generator<Buffer> {
    yield Buffer.concat([
      partHead(true),
      objectBytes({ sopInstanceUid: `1.2.826.${process.pid}` }),
      pixelHeader(pixelBytes),
    ]);
    for (let sent = 0; sent < pixelBytes; sent += piece.length) yield piece;
    yield close;
  }
  await post(port, agent, pieces(), target);
  agent.destroy();
}

export function post(
  port: number,
  agent: Agent,
  pieces: Iterable<Buffer>,
  { path = defaultPath, authorization }: StowTarget = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request({
      port,
      agent,
      host: '127.0.0.1',
      method: 'POST',
      path,
      headers: {
        'content-type': contentType,
        accept: 'application/dicom+json',
        ...(authorization === undefined ? {} : { authorization }),
      },
    });
    sent.on('response', (answer) => {
      answer.resume();
      answer.on('end', () =>
        answer.statusCode === 200 ? resolve() : reject(new TypeError(`answered with ${answer.statusCode}`)),
      );
    });
    sent.on('error', reject);
    void writeAll(sent, pieces);
  });
}

async function writeAll(sent: ReturnType<typeof request>, pieces: Iterable<Buffer>): Promise<void> {
  for (const piece of pieces) {
    if (sent.destroyed) return;
    if (!sent.write(piece)) await once(sent, 'drain').catch(() => {});
  }
  sent.end();
}
