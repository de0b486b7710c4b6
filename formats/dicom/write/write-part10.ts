import { deflateRawSync } from 'node:zlib';
import { explicitLittleEndian, transferSyntax } from '../transfer-syntax.ts';
import { ByteChunks } from './byte-chunks.ts';
import { encodeElements } from './encode-elements.ts';
import { implementationClassUid, implementationVersionName } from './implementation.ts';
import type { WritableDataset, WritableElement } from './writable.ts';
import { writeDataset } from './write-dataset.ts';

export interface Part10Options {
  readonly transferSyntaxUid?: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}

/**
 * A PS3.10 file: preamble of zeros, file meta information, data set. Without a transfer syntax it is explicit VR little endian; with
 * encapsulated pixel data name the syntax of the fragments.
 */
export function writePart10(dataset: WritableDataset, options: Part10Options): Uint8Array {
  const syntax = transferSyntax(options.transferSyntaxUid ?? explicitLittleEndian);
  const file = new ByteChunks();
  file.push(new Uint8Array(128), Uint8Array.of(0x44, 0x49, 0x43, 0x4d));
  file.append(fileMeta(syntax.uid, options));
  const body = writeDataset(dataset, { explicit: !syntax.isImplicit, littleEndian: !syntax.isBigEndian });
  file.push(syntax.isDeflated ? evenLength(deflateRawSync(body)) : body);
  return file.bytes();
}

/** PS3.10 7.1: group 0002, explicit VR little endian, behind its length. */
const fileMetaOptions = { explicit: true, littleEndian: true };

function fileMeta(transferSyntaxUid: string, options: Part10Options): ByteChunks {
  const uid = (text: string): WritableElement => ({ vr: 'UI', value: [text] });
  const elements = encodeElements(
    new Map<number, WritableElement>([
      [0x00020001, { vr: 'OB', value: Uint8Array.of(0, 1) }],
      [0x00020002, uid(options.sopClassUid)],
      [0x00020003, uid(options.sopInstanceUid)],
      [0x00020010, uid(transferSyntaxUid)],
      [0x00020012, uid(implementationClassUid)],
      [0x00020013, { vr: 'SH', value: [implementationVersionName] }],
    ]),
    fileMetaOptions,
  );
  const length: WritableElement = { vr: 'UL', value: [elements.length] };
  const meta = encodeElements(new Map([[0x00020000, length]]), fileMetaOptions);
  meta.append(elements);
  return meta;
}

function evenLength(bytes: Uint8Array): Uint8Array {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Uint8Array.of(0)]);
}
