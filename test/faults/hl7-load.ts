import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { exchange } from '../crash/hl7-senders.ts';

export interface Hl7LoadOptions {
  readonly port: number;
  readonly connections: number;
  /** Letters only; a control id is this and nine digits. */
  readonly prefix: string;
  /** Characters of a note that makes each message longer. */
  readonly padding?: number;
  /** Pause after a negative answer, before the same message is sent again. */
  readonly retryMs?: number;
}

/** What was sent and how it was answered, over any number of runs. */
export class Hl7Ledger {
  /** Control id to SHA-256 of the message. */
  readonly acknowledged = new Map<string, string>();
  /** How often each answer came: `AA`, `AE 207` ... */
  readonly answers = new Map<string, number>();
  sent = 0;

  count(answer: string): number {
    return this.answers.get(answer) ?? 0;
  }
}

/** Sends until `isOver`; what is refused or not answered is sent again, as a hospital system would. */
export async function sendHl7Load(
  options: Hl7LoadOptions,
  ledger: Hl7Ledger,
  isOver: () => boolean,
): Promise<void> {
  const lanes = Array.from({ length: options.connections }, () => sendLane(options, ledger, isOver));
  await Promise.all(lanes);
}

async function sendLane(options: Hl7LoadOptions, ledger: Hl7Ledger, isOver: () => boolean): Promise<void> {
  const socket = connect({ port: options.port, host: '127.0.0.1', noDelay: true });
  const closed = new Promise<null>((resolve) => socket.once('close', () => resolve(null)));
  socket.on('error', () => socket.destroy());
  while (!isOver() && !socket.destroyed) {
    ledger.sent += 1;
    const controlId = `${options.prefix}${String(ledger.sent).padStart(9, '0')}`;
    const message = messageOf(controlId, options.padding ?? 0);
    let code = '';
    while (code !== 'AA') {
      const answer = await Promise.race([exchange(socket, message), closed]);
      if (answer === null) return;
      code = codeOf(answer, controlId);
      ledger.answers.set(code, ledger.count(code) + 1);
      if (code === 'AA') break;
      if (isOver()) break;
      await new Promise((next) => setTimeout(next, options.retryMs ?? 50));
    }
    if (code === 'AA') ledger.acknowledged.set(controlId, createHash('sha256').update(message).digest('hex'));
  }
  socket.end();
  await closed;
}

/** `AA`, or a negative code with the condition of ERR-3 (HL7 table 0357); `?` for an answer to something else. */
function codeOf(answer: string, controlId: string): string {
  const code = new RegExp(`MSA\\|(\\w\\w)\\|${controlId}\\b`).exec(answer)?.[1];
  if (code === undefined) return '?';
  const condition = /ERR\|[^|]*\|[^|]*\|(\d+)/.exec(answer)?.[1];
  return code === 'AA' || condition === undefined ? code : `${code} ${condition}`;
}

const messageOf = (controlId: string, padding: number): string =>
  [
    `MSH|^~\\&|HIS|FAULTS|BITHIVE|FAULTS|20261122080000+0000||ADT^A08^ADT_A01|${controlId}|P|2.5.1`,
    'EVN|A08|20261122080000+0000',
    `PID|1||P${controlId.slice(-2)}^^^FAULTS^MR||Faulttest^${controlId}||19700101|F`,
    `PV1|1|I|WARD^1^1|||||||||||||||V${controlId.slice(-2)}^^^FAULTS^VN`,
    ...(padding > 0 ? [`NTE|1||${'n'.repeat(padding)}`] : []),
    '',
  ].join('\r');
