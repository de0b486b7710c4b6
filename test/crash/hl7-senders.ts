import { connect, type Socket } from 'node:net';

/** What was sent for one patient, in order; the number travels in PID-5.2 and so arrives at the EHR. */
export interface SentMessage {
  readonly controlId: string;
  readonly patient: string;
  readonly sequence: number;
}

export interface Hl7Ledger {
  readonly attempted: Map<string, SentMessage>;
  readonly acknowledged: Map<string, SentMessage>;
  /** Next sequence of each patient; a message that was not acknowledged is sent again, as a hospital system would. */
  readonly next: Map<string, number>;
}

export const newHl7Ledger = (): Hl7Ledger => ({
  attempted: new Map(),
  acknowledged: new Map(),
  next: new Map(),
});

const patientsPerLane = 5;

/** Sends over `lanes` connections until the sockets die. Resolves when all have. */
export async function sendHl7(port: number, lanes: number, ledger: Hl7Ledger): Promise<void> {
  await Promise.all(Array.from({ length: lanes }, (_, lane) => sendLane(port, lane, ledger)));
}

async function sendLane(port: number, lane: number, ledger: Hl7Ledger): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const closed = new Promise<null>((resolve) => socket.once('close', () => resolve(null)));
  socket.on('error', () => socket.destroy());
  for (let turn = 0; !socket.destroyed; turn += 1) {
    const patient = `CRASH${String(lane * patientsPerLane + (turn % patientsPerLane)).padStart(4, '0')}`;
    const sequence = ledger.next.get(patient) ?? 1;
    const sent: SentMessage = { controlId: `${patient}-${sequence}`, patient, sequence };
    ledger.attempted.set(sent.controlId, sent);
    const answer = await Promise.race([exchange(socket, messageOf(sent)), closed]);
    if (answer === null) return;
    if (!answer.includes(`MSA|AA|${sent.controlId}`)) continue;
    ledger.acknowledged.set(sent.controlId, sent);
    ledger.next.set(patient, sequence + 1);
  }
}

/** One message and its answer, framed. Never resolves when the socket dies: race it with the close. */
export function exchange(socket: Socket, message: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const take = (chunk: Buffer) => {
      answer += chunk.toString('utf8');
      if (!answer.endsWith('\x1c\r')) return;
      socket.off('data', take);
      resolve(answer);
    };
    socket.on('data', take);
    socket.write(`\x0b${message}\x1c\r`);
  });
}

const messageOf = ({ controlId, patient, sequence }: SentMessage): string =>
  [
    `MSH|^~\\&|HIS|CRASH|BITHIVE|CRASH|20261122080000+0000||ADT^A08^ADT_A01|${controlId}|P|2.5.1`,
    'EVN|A08|20261122080000+0000',
    `PID|1||${patient}^^^CRASH^MR||Crashtest^S${sequence}||19700101|F`,
    `PV1|1|I|WARD^1^1|||||||||||||||V${patient}^^^CRASH^VN`,
    '',
  ].join('\r');
