import { createHash } from 'node:crypto';
import type { BlobHash } from '../../../core/ids.ts';
import type { Arrival } from '../../../core/message.ts';
import { objectBytes } from './object-bytes.ts';
import { type Answer, multipartType } from './raw-client.ts';

/** What the tests of the receiver send, and how they read what it answers (PS3.18 10.5.3). */
export const good = objectBytes({ pixels: Buffer.from('pixels') });
export const other = objectBytes({ sopInstanceUid: '1.2.3.5', studyInstanceUid: '1.2.99' });
export const rubbish = Buffer.from('this is no DICOM object');
export const asMultipart = { 'content-type': multipartType };

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Name of the blob that an arrival stands for. */
export const blobOf = (arrival: Arrival | undefined): BlobHash =>
  (arrival?.body.kind === 'blob' ? arrival.body.hash : '') as BlobHash;

interface Item {
  '00081155': { Value?: string[] };
  '00081196'?: { Value: number[] };
  '00081197'?: { Value: number[] };
}
export const itemsOf = (answer: Answer, tag: string): Item[] => JSON.parse(answer.text)[tag]?.Value ?? [];
export const failedReasons = (answer: Answer) =>
  itemsOf(answer, '00081198').map((item) => item['00081197']?.Value[0]);
export const codeOf = (answer: Answer): string => JSON.parse(answer.text).code;
