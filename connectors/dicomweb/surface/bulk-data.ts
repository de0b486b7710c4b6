import { Readable } from 'node:stream';
import { BitHiveError } from '../../../core/errors.ts';
import type { Blobs } from '../../../core/ports/index.ts';
import type { ByteSource, DicomDataset, DicomElement } from '../../../formats/dicom/index.ts';
import { multipartRelated, writeMultipart } from '../../../formats/multipart/index.ts';
import { acceptedMedia, isRange, notAcceptable } from './accepted-media.ts';
import type { HeldInstance } from './held-instance.ts';
import type { StreamedAnswer } from './object-parts.ts';
import { withStoredObject } from './stored-object.ts';

const octets = 'application/octet-stream';
const pieceBytes = 256 * 1024;

/** Where a value lies in its object, as the BulkDataURI of the metadata names it. */
export interface ValuePlace {
  readonly offset: number;
  readonly length: number;
}

/**
 * A value that the metadata left out (PS3.18 10.4.1.1.5). Only what is the value of an element is given, by the same header that named it.
 * Throws BH_HTTP_NOT_FOUND, BH_HTTP_NOT_ACCEPTABLE.
 */
export async function bulkData(
  instance: HeldInstance,
  place: ValuePlace,
  accept: string | undefined,
  blobs: Pick<Blobs, 'pathOf' | 'stream'>,
  boundary: string,
): Promise<StreamedAnswer> {
  const range = acceptedMedia(accept).find(({ type }) => isRange(type, octets));
  if (range === undefined) throw notAcceptable(`multipart/related; type="${octets}", ${octets}`);
  await withStoredObject(instance, blobs, async (header) => elementAt(header, place));
  const value = bytesAt(instance, place, blobs);
  if (!range.isMultipart && range.type === octets)
    return { contentType: octets, body: Readable.from(value, { objectMode: false }) };
  const parts = writeMultipart([{ headers: { 'Content-Type': octets }, body: value }], boundary);
  return {
    contentType: multipartRelated(octets, boundary),
    body: Readable.from(parts, { objectMode: false }),
  };
}

async function* bytesAt(
  instance: HeldInstance,
  place: ValuePlace,
  blobs: Pick<Blobs, 'pathOf' | 'stream'>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < place.length; at += pieceBytes) {
    const length = Math.min(pieceBytes, place.length - at);
    yield await withStoredObject(instance, blobs, (header, source) =>
      pieceAt(header, source, place, at, length),
    );
  }
}

/** An object that was deflated has its values in memory only. */
async function pieceAt(
  header: DicomDataset,
  source: ByteSource,
  place: ValuePlace,
  at: number,
  length: number,
): Promise<Uint8Array> {
  const element = elementAt(header, place);
  if (element.isLoaded) return Uint8Array.from(element.bytes.subarray(at, at + length));
  return source.read(place.offset + at, length);
}

function elementAt(dataset: DicomDataset, place: ValuePlace): DicomElement {
  const found = search(dataset, place);
  if (found === undefined) throw new BitHiveError('BH_HTTP_NOT_FOUND', 'no value of the object lies there');
  return found;
}

function search(dataset: DicomDataset, place: ValuePlace): DicomElement | undefined {
  for (const element of dataset.elements) {
    if (element.offset === place.offset && element.length === place.length) return element;
    for (const item of element.items ?? []) {
      const within = search(item, place);
      if (within !== undefined) return within;
    }
  }
  return undefined;
}
