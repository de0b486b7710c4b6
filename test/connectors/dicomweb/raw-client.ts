import { request } from 'node:http';
import { connect } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

/** Sends a body in pieces by chunked transfer encoding, or whole with its length when it is one buffer. */
export function post(
  url: string,
  body: Buffer | AsyncIterable<Uint8Array>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = Buffer.isBuffer(body) ? { 'content-length': String(body.length) } : {};
    const sent = request(url, { method: 'POST', headers: { ...length, ...headers }, agent: false });
    sent.on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece: string) => {
        text += piece;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    if (Buffer.isBuffer(body)) sent.end(body);
    else void writeAll(sent, body).catch(reject);
  });
}

async function writeAll(sent: ReturnType<typeof request>, body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of body) {
    if (sent.destroyed) return;
    if (!sent.write(piece))
      await new Promise<void>((resolve) => sent.once('drain', resolve).once('close', resolve));
  }
  sent.end();
}

/** Opens a bare connection and sends the text; resolves with everything that came back when the server closes. */
export function converse(port: number, text: string | Buffer, after?: () => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(text);
      after?.();
    });
    socket.on('data', (piece) => {
      answer += piece.toString('latin1');
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

export const boundary = 'stow-test';
export const multipartType = `multipart/related; type="application/dicom"; boundary=${boundary}`;

/** A multipart body out of objects. */
export function bodyOf(objects: readonly Uint8Array[], partType = 'application/dicom'): Buffer {
  const parts = objects.flatMap((object, index) => [
    Buffer.from(`${index === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: ${partType}\r\n\r\n`),
    object,
  ]);
  return Buffer.concat([...parts, Buffer.from(`\r\n--${boundary}--`)]);
}

export async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += Math.max(1, size))
    yield bytes.subarray(at, at + Math.max(1, size));
}
