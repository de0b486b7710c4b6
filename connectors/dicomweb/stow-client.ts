import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { type Dispatcher, request } from 'undici';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Random } from '../../core/ports/index.ts';
import {
  boundaryOf,
  multipartRelated,
  type OutgoingPart,
  writeMultipart,
} from '../../formats/multipart/index.ts';
import { readStoreAnswer, type StoreOutcome } from './store-answer.ts';

export interface StowClientOptions {
  readonly random: Random;
  readonly token?: string;
  /** Sends to `{url}/studies/{uid}`: the server refuses instances of other studies. */
  readonly studyInstanceUid?: string;
  readonly dispatcher?: Dispatcher;
  readonly signal?: AbortSignal;
  /** Time for the answer to begin after the last byte was sent. */
  readonly answerMs?: number;
}

/**
 * Stores objects by STOW-RS (PS3.18 10.5) in one streamed request. `url` is the root of the service (`https://pacs/dicomweb`); files
 * are paths or whole objects. An instance is sent only when it is in `stored`: a status alone says nothing of it.
 * Throws BH_DELIVERY_UNREACHABLE when there is no answer, BH_DELIVERY_REFUSED when the answer can't be read.
 */
export async function sendStudy(
  url: string,
  files: readonly (string | Uint8Array)[],
  options: StowClientOptions,
): Promise<StoreOutcome> {
  const boundary = boundaryOf(options.random.bytes(16));
  const study =
    options.studyInstanceUid === undefined ? '' : `/${encodeURIComponent(options.studyInstanceUid)}`;
  const answer = await request(`${url.replace(/\/$/, '')}/studies${study}`, {
    method: 'POST',
    headers: {
      'content-type': multipartRelated('application/dicom', boundary),
      accept: 'application/dicom+json',
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    },
    body: Readable.from(writeMultipart(files.map(partOf), boundary)),
    headersTimeout: options.answerMs ?? 300_000,
    bodyTimeout: options.answerMs ?? 300_000,
    ...(options.dispatcher === undefined ? {} : { dispatcher: options.dispatcher }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }).catch((error: unknown) => {
    throw new BitHiveError('BH_DELIVERY_UNREACHABLE', 'no answer to a store request', { cause: error });
  });
  return readStoreAnswer(answer.statusCode, await answerText(answer.body));
}

function partOf(file: string | Uint8Array): OutgoingPart {
  const body = typeof file === 'string' ? createReadStream(file, { highWaterMark: 256 * 1024 }) : [file];
  return { headers: { 'Content-Type': 'application/dicom' }, body };
}

async function answerText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytesCount = 0;
  for await (const piece of body) {
    bytesCount += piece.length;
    if (bytesCount > limits.deliveryAnswerBytesMax) {
      throw new BitHiveError('BH_DELIVERY_REFUSED', `an answer over ${limits.deliveryAnswerBytesMax} bytes`);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
