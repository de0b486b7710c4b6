import { open } from 'node:fs/promises';
import { BitHiveError } from '../../../../core/errors.ts';
import {
  type ByteSource,
  type DicomDataset,
  encodedFrames,
  frameGeometry,
  openPixels,
  pixelElement,
  readFragments,
  readHeader,
  sourceBytes,
} from '../../../../formats/dicom/index.ts';
import { fileSource } from '../../../dicom-objects/file-source.ts';
import { pngImage } from './png-image.ts';
import type { FrameRequest } from './protocol.ts';

/** The bytes of one frame in the form that was asked for. Throws BH_DICOM_*, BH_STORE_NOT_FOUND, BH_HTTP_NOT_FOUND (no such frame). */
export async function readFrame({ path, bytesCount, frame, form }: FrameRequest): Promise<Uint8Array> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new BitHiveError('BH_STORE_NOT_FOUND', 'the body is not there', { cause });
  });
  try {
    const source = fileSource(file, bytesCount);
    const header = await readHeader(source);
    const { framesCount } = frameGeometry(header);
    if (frame >= framesCount)
      throw new BitHiveError('BH_HTTP_NOT_FOUND', `frame ${frame + 1} of ${framesCount}`);
    return await bytesOf(source, header, frame, form);
  } finally {
    await file.close();
  }
}

async function bytesOf(
  source: ByteSource,
  header: DicomDataset,
  frame: number,
  form: FrameRequest['form'],
): Promise<Uint8Array> {
  const isEncapsulated = (pixelElement(header)?.length ?? 0) < 0;
  if (form === 'encoded' && isEncapsulated) {
    const { items } = await readFragments(source, header);
    const { framesCount } = frameGeometry(header);
    return (await encodedFrames(header, sourceBytes(source), items, framesCount))(frame);
  }
  const pixels = await openPixels(source, header);
  if (typeof form === 'object') return pngImage(header, await pixels.frame(frame), frame, form.png);
  return (await pixels.native(frame)).bytes;
}
