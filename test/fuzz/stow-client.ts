import { Agent, request } from 'node:http';

export interface Answered {
  /** 0: the connection broke before an answer. */
  readonly status: number;
  readonly text: string;
  readonly elapsedMs: number;
}

/** Posts over kept connections. Never rejects: no answer is an answer, too. */
export class FuzzClient {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  post(
    body: Buffer | AsyncIterable<Uint8Array>,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answered> {
    return new Promise((resolve) => {
      const startMs = performance.now();
      const end = (status: number, text: string): void =>
        resolve({ status, text, elapsedMs: performance.now() - startMs });
      const length = Buffer.isBuffer(body) ? { 'content-length': String(body.length) } : {};
      const sent = request(this.#url, {
        method: 'POST',
        headers: { ...length, ...headers },
        agent: this.#agent,
      });
      sent.setTimeout(10_000, () => sent.destroy());
      sent.on('error', (error) => end(0, error.message));
      sent.on('response', (answer) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece));
        answer.on('end', () => end(answer.statusCode ?? 0, Buffer.concat(pieces).toString()));
        answer.on('error', (error) => end(0, error.message));
      });
      if (Buffer.isBuffer(body)) sent.end(body);
      else void writeAll(sent, body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function writeAll(sent: ReturnType<typeof request>, body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of body) {
    if (sent.destroyed) return;
    sent.write(piece);
  }
  sent.end();
}
