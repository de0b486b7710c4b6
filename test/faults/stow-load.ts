import { instanceOf } from '../crash/stow-senders.ts';

export interface StowLoadOptions {
  readonly url: string;
  readonly token: string;
  readonly senders: number;
  /** Pause after a refusal, before the same instance is sent again. */
  readonly retryMs?: number;
}

/** What was sent and how it was answered, over any number of runs. */
export class StowLedger {
  /** SOP Instance UID to SHA-256 of the instance. */
  readonly attempted = new Map<string, string>();
  readonly acknowledged = new Map<string, string>();
  /** How often each answer came: `200`, `507 a700` (status and failure reason), `0` for none. */
  readonly answers = new Map<string, number>();
  sent = 0;

  count(answer: string): number {
    return this.answers.get(answer) ?? 0;
  }
}

/** Sends one instance after the other until `isOver`; what is refused is sent again. */
export async function sendStowLoad(
  options: StowLoadOptions,
  ledger: StowLedger,
  isOver: () => boolean,
): Promise<void> {
  const lanes = Array.from({ length: options.senders }, (_, lane) => {
    return sendLane(options, lane % 2 === 1, ledger, isOver);
  });
  await Promise.all(lanes);
}

/** Every other sender does not say how long its body is, as clients that stream from a disk do. */
async function sendLane(
  options: StowLoadOptions,
  isChunked: boolean,
  ledger: StowLedger,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    ledger.sent += 1;
    const { bytes, sent } = instanceOf(ledger.sent);
    ledger.attempted.set(sent.sopInstanceUid, sent.sha256);
    let answer = '';
    while (answer !== '200' && (answer === '' || !isOver())) {
      answer = await store(options, bytes, isChunked);
      ledger.answers.set(answer, ledger.count(answer) + 1);
      if (answer === '0') return;
      if (answer !== '200') await new Promise((next) => setTimeout(next, options.retryMs ?? 50));
    }
    if (answer === '200') ledger.acknowledged.set(sent.sopInstanceUid, sent.sha256);
  }
}

const failureReason = /"00081197"\s*:\s*\{[^}]*"Value"\s*:\s*\[\s*(\d+)/;

async function store({ url, token }: StowLoadOptions, instance: Buffer, isChunked: boolean): Promise<string> {
  const boundary = 'faults-boundary';
  const body = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
    instance,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  try {
    const answer = await fetch(`${url}/dicomweb/studies`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
        accept: 'application/dicom+json',
      },
      body: isChunked ? new Blob([body]).stream() : body,
      duplex: 'half',
    });
    const text = await answer.text();
    const reason = failureReason.exec(text)?.[1];
    return reason === undefined ? `${answer.status}` : `${answer.status} ${Number(reason).toString(16)}`;
  } catch {
    return '0'; // The connection broke: nothing was said, so nothing is expected.
  }
}
