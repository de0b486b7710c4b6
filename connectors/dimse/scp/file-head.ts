import { implementationClassUid, implementationVersionName } from '../../../formats/dicom/index.ts';

export interface FileHead {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  /** Source Application Entity Title (0002,0016). */
  readonly sourceAe: string;
}

const uidCharsMax = 64;

/** Preamble, prefix and group 0002 (PS3.10 7.1), for a data set that came over an association. */
export function writeFileHead({
  sopClassUid,
  sopInstanceUid,
  transferSyntaxUid,
  sourceAe,
}: FileHead): Buffer {
  const version = Buffer.from([0x00, 0x02, 0x01, 0x00, 0x4f, 0x42, 0, 0, 2, 0, 0, 0, 0, 1]);
  version.writeUInt16LE(0x0002, 0);
  version.writeUInt16LE(0x0001, 2);
  const meta = Buffer.concat([
    version,
    text(0x0002, 'UI', sopClassUid),
    text(0x0003, 'UI', sopInstanceUid),
    text(0x0010, 'UI', transferSyntaxUid),
    text(0x0012, 'UI', implementationClassUid),
    text(0x0013, 'SH', implementationVersionName),
    text(0x0016, 'AE', sourceAe),
  ]);
  const groupLength = Buffer.alloc(12);
  groupLength.writeUInt16LE(0x0002, 0);
  groupLength.write('UL', 4, 'latin1');
  groupLength.writeUInt16LE(4, 6);
  groupLength.writeUInt32LE(meta.length, 8);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM', 'latin1'), groupLength, meta]);
}

function text(element: number, vr: 'UI' | 'SH' | 'AE', value: string): Buffer {
  const cut = value.slice(0, uidCharsMax);
  const bytes = Buffer.from(cut.length % 2 === 0 ? cut : cut + (vr === 'UI' ? '\0' : ' '), 'latin1');
  const head = Buffer.alloc(8);
  head.writeUInt16LE(0x0002, 0);
  head.writeUInt16LE(element, 2);
  head.write(vr, 4, 'latin1');
  head.writeUInt16LE(bytes.length, 6);
  return Buffer.concat([head, bytes]);
}
