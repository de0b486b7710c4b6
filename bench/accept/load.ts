import { once } from 'node:events';
import { connect } from 'node:net';
import { adtMessage, frame } from './adt.ts';

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly sent: number;
}

/**
 * Persistent connections, each sends its next message after the answer to the last. The answer is only framed and checked for
 * `MSA|AA` or `MSA|CA`, so that the load costs little of the machine that it measures.
 */
export async function mllpLoad(
  port: number,
  connections: number,
  durationMs: number,
  tag: string,
): Promise<LoadResult> {
  const latencies: number[] = [];
  const stopAt = performance.now() + durationMs;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: connections }, (_, index) =>
      lane(port, index, stopAt, `${tag}-${index}`, latencies),
    ),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return { perSecond: latencies.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99), sent: latencies.length };
}

async function lane(
  port: number,
  index: number,
  stopAt: number,
  tag: string,
  latencies: number[],
): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let sent = 0;
  let sentAt = 0;
  await new Promise<void>((resolve, reject) => {
    const send = () => {
      sent += 1;
      sentAt = performance.now();
      socket.write(frame(adtMessage(`${tag}-${sent}`, (index * 1009 + sent) % 20_000)));
    };
    let pending = '';
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      if (!pending.endsWith('\x1c\r')) return;
      if (!/MSA\|[AC]A\|/.test(pending)) reject(new TypeError(`not accepted: ${pending.slice(0, 400)}`));
      pending = '';
      latencies.push(performance.now() - sentAt);
      if (performance.now() < stopAt) send();
      else resolve();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new TypeError('the server closed the connection')));
    send();
  }).finally(() => socket.destroy());
}
