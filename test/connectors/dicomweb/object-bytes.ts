/** A small Explicit VR Little Endian object, made element by element. */
export interface ObjectFields {
  readonly sopInstanceUid?: string;
  readonly studyInstanceUid?: string;
  readonly patientId?: string;
  readonly pixels?: Uint8Array;
  readonly transferSyntaxUid?: string;
  /** Elements of groups 0028 to 7FDF. */
  readonly extra?: Buffer;
}

const ctImage = '1.2.840.10008.5.1.4.1.1.2';

export function objectBytes(fields: ObjectFields = {}): Buffer {
  const sop = fields.sopInstanceUid ?? '1.2.3.4';
  const meta = Buffer.concat([
    element(0x0002, 0x0002, 'UI', ctImage),
    element(0x0002, 0x0003, 'UI', sop),
    element(0x0002, 0x0010, 'UI', fields.transferSyntaxUid ?? '1.2.840.10008.1.2.1'),
  ]);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    numberElement(0x0002, 0x0000, 'UL', meta.length),
    meta,
    element(0x0008, 0x0016, 'UI', ctImage),
    element(0x0008, 0x0018, 'UI', sop),
    element(0x0008, 0x0050, 'SH', 'ACC-1'),
    element(0x0008, 0x0060, 'CS', 'CT'),
    element(0x0010, 0x0020, 'LO', fields.patientId ?? 'PAT-1'),
    element(0x0020, 0x000d, 'UI', fields.studyInstanceUid ?? '1.2.3'),
    element(0x0020, 0x000e, 'UI', '1.2.3.1'),
    fields.extra ?? Buffer.alloc(0),
    fields.pixels === undefined ? Buffer.alloc(0) : pixelElements(fields.pixels),
  ]);
}

function pixelElements(pixels: Uint8Array): Buffer {
  return Buffer.concat([pixelHeader(pixels.length), pixels]);
}

/** The head of (7FE0,0010); as many bytes of pixels (an even number) follow. */
export function pixelHeader(bytesCount: number): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16LE(0x7fe0, 0);
  head.writeUInt16LE(0x0010, 2);
  head.write('OW', 4, 'latin1');
  head.writeUInt32LE(bytesCount, 8);
  return head;
}

export function element(group: number, number: number, vr: string, text: string): Buffer {
  const padding = text.length % 2 === 0 ? '' : vr === 'UI' ? '\0' : ' ';
  const value = Buffer.from(text + padding, 'latin1');
  return Buffer.concat([elementHead(group, number, vr, value.length), value]);
}

function numberElement(group: number, number: number, vr: 'UL', value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return Buffer.concat([elementHead(group, number, vr, 4), bytes]);
}

function elementHead(group: number, number: number, vr: string, length: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(number, 2);
  head.write(vr, 4, 'latin1');
  head.writeUInt16LE(length, 6);
  return head;
}
