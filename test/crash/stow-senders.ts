import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { instanceFacts, readDataset } from '../../formats/dicom/index.ts';

export interface SentInstance {
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly sha256: string;
}

export interface StowLedger {
  readonly attempted: Map<string, SentInstance>;
  readonly acknowledged: Map<string, SentInstance>;
  count: number;
}

export const newStowLedger = (): StowLedger => ({ attempted: new Map(), acknowledged: new Map(), count: 0 });

const template = readFileSync(new URL('../../../data/demo/cxr/demo-cxr-1.dcm', import.meta.url));
const instancesPerStudy = 3;

/** Sends one instance after the other until the engine is gone. */
export async function sendInstances(
  url: string,
  token: string,
  ledger: StowLedger,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    ledger.count += 1;
    const { bytes, sent } = instanceOf(ledger.count);
    ledger.attempted.set(sent.sopInstanceUid, sent);
    const status = await post(`${url}/dicomweb/studies`, token, bytes);
    if (status === 200) ledger.acknowledged.set(sent.sopInstanceUid, sent);
    if (status === 0) return;
  }
}

/** The demo radiograph with UIDs of its own, of the same length. */
export function instanceOf(count: number): { readonly bytes: Buffer; readonly sent: SentInstance } {
  const bytes = Buffer.from(template);
  const uids = [...new Set(bytes.toString('latin1').match(/1\.2\.826\.0\.1\.3680043\.8\.498\.\d{20,}/g))];
  const [sop, ...others] = uids as [string, ...string[]];
  const sopInstanceUid = renumber(bytes, sop, count);
  const study = Math.ceil(count / instancesPerStudy);
  for (const uid of others) renumber(bytes, uid, study);
  const { studyInstanceUid } = instanceFacts(readDataset(bytes));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { bytes, sent: { sopInstanceUid, studyInstanceUid, sha256 } };
}

function renumber(bytes: Buffer, uid: string, count: number): string {
  const tail = String(count).padStart(9, '0');
  const next = uid.slice(0, uid.length - tail.length) + tail;
  for (let at = bytes.indexOf(uid); at >= 0; at = bytes.indexOf(uid, at + 1)) bytes.write(next, at, 'latin1');
  return next;
}

/** HTTP status; 0 when the connection broke before the answer. */
function post(url: string, token: string, instance: Buffer): Promise<number> {
  const boundary = 'crash-test-boundary';
  const body = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
    instance,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  return new Promise((resolve) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
      'content-length': body.length,
      accept: 'application/dicom+json',
    };
    const outgoing = request(url, { method: 'POST', headers }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
      answer.on('error', () => resolve(0));
    });
    outgoing.on('error', () => resolve(0));
    outgoing.end(body);
  });
}
