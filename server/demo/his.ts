import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { frameMessage, MllpFramer } from '../../connectors/hl7v2/index.ts';
import { BitHiveError } from '../../core/errors.ts';
import { parseAck, parseMessage } from '../../formats/hl7v2/index.ts';
import type { DemoPatient } from './patients.ts';

const answerMs = 10_000;
const answerBytesMax = 1024 * 1024;

/** The hospital information system of the demo: one MLLP connection, the next message after the answer to the last. */
export class DemoHis {
  readonly #socket: Socket;
  #answered: (bytes: Uint8Array) => void = () => {};
  #lost: (error: BitHiveError) => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    const framer = new MllpFramer(answerBytesMax);
    socket.on('data', (chunk) => {
      framer.push(chunk);
      for (let event = framer.next(); event !== null; event = framer.next()) {
        if (event.kind === 'frame') this.#answered(event.bytes);
      }
    });
    const lost = () =>
      this.#lost(new BitHiveError('BH_DELIVERY_UNREACHABLE', 'the engine closed the connection'));
    socket.setTimeout(answerMs);
    socket.on('timeout', () => socket.destroy());
    socket.on('close', lost);
    socket.on('error', lost);
  }

  static async connect(host: string, port: number): Promise<DemoHis> {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, 'connect');
    return new DemoHis(socket);
  }

  /** Sends and waits for the answer; gives MSA-1. */
  async send(message: string): Promise<string> {
    const answer = new Promise<Uint8Array>((resolve, reject) => {
      this.#answered = resolve;
      this.#lost = reject;
    });
    this.#socket.write(frameMessage(new TextEncoder().encode(message)));
    return parseAck(parseMessage(await answer))?.code ?? 'no acknowledgement';
  }

  close(): void {
    this.#socket.destroy();
  }
}

const header = (type: string, controlId: string, timestamp: string): string =>
  `MSH|^~\\&|HIS|DEMOHOSP|BITHIVE|DEMOHOSP|${timestamp}||${type}|${controlId}|P|2.5.1||||||UNICODE UTF-8`;

const identity = (patient: DemoPatient): string =>
  `PID|1||${patient.id}^^^${patient.issuer}^MR||${patient.name}||${patient.birthDate}|${patient.sex}`;

const visit = (patient: DemoPatient, timestamp: string): string =>
  `PV1|1|O|RADIOLOGY^^^DEMOHOSP||||1001^Weber^Klara^^^Dr|||RAD||||||||OP|V-${patient.accession}^^^DEMOHOSP^VN${'|'.repeat(25)}${timestamp}`;

/** ADT^A04: the patient is registered. */
export function registration(patient: DemoPatient, timestamp: string): string {
  const segments = [
    header('ADT^A04^ADT_A01', `ADT-${patient.accession}`, timestamp),
    `EVN|A04|${timestamp}`,
    identity(patient),
    visit(patient, timestamp),
  ];
  return `${segments.join('\r')}\r`;
}

/** ORM^O01: a chest radiograph is ordered; the accession number is the filler's. */
export function imagingOrder(patient: DemoPatient, timestamp: string): string {
  const { accession, urgency } = patient;
  const placer = `P-${accession}^HIS`;
  const filler = `${accession}^RIS`;
  const segments = [
    header('ORM^O01^ORM_O01', `ORM-${accession}`, timestamp),
    identity(patient),
    visit(patient, timestamp),
    `ORC|NW|${placer}|${filler}||SC||^^^${timestamp}^^${urgency}||${timestamp}|||1001^Weber^Klara^^^Dr`,
    `OBR|1|${placer}|${filler}|399208008^Plain chest X-ray^SCT||||||||||||1001^Weber^Klara^^^Dr||${accession}||||||DX|||^^^^^${urgency}`,
  ];
  return `${segments.join('\r')}\r`;
}
