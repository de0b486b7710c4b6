/** A CR object (explicit VR little endian, 16 bits) around given pixels, for images that no modality would send. */
export interface RadiographSpec {
  readonly rows: number;
  readonly columns: number;
  /** 0..1 for each pixel, stored as 12 bits. */
  readonly grey: (row: number, column: number) => number;
  readonly photometric?: string;
  readonly sopInstanceUid?: string;
  /** Pixel Data is cut to this share of its length. */
  readonly keepShare?: number;
}

const stored = 4095;
// Taken out of the loop over the pixels: a look-up of a global is slow in jest's context.
const { min, max, round } = Math;

export function radiograph(spec: RadiographSpec): Uint8Array {
  const { rows, columns, photometric = 'MONOCHROME2', sopInstanceUid = '2.25.1' } = spec;
  const pixels = new Uint16Array(rows * columns);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      pixels[row * columns + column] = round(min(1, max(0, spec.grey(row, column))) * stored);
  const kept = Math.floor((pixels.byteLength * (spec.keepShare ?? 1)) / 2) * 2;
  const crStorage = '1.2.840.10008.5.1.4.1.1.1';
  const meta = Buffer.concat([
    text(0x0002, 0x0002, 'UI', crStorage),
    text(0x0002, 0x0003, 'UI', sopInstanceUid),
    text(0x0002, 0x0010, 'UI', '1.2.840.10008.1.2.1'),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(meta.length);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(0x0002, 0x0000, 'UL', length),
    meta,
    text(0x0008, 0x0016, 'UI', crStorage),
    text(0x0008, 0x0018, 'UI', sopInstanceUid),
    text(0x0008, 0x0060, 'CS', 'CR'),
    text(0x0018, 0x0015, 'CS', 'CHEST'),
    text(0x0020, 0x000d, 'UI', '2.25.2'),
    text(0x0020, 0x000e, 'UI', '2.25.3'),
    short(0x0028, 0x0002, 1),
    text(0x0028, 0x0004, 'CS', photometric),
    short(0x0028, 0x0010, rows),
    short(0x0028, 0x0011, columns),
    short(0x0028, 0x0100, 16),
    short(0x0028, 0x0101, 12),
    short(0x0028, 0x0102, 11),
    short(0x0028, 0x0103, 0),
    text(0x0028, 0x1050, 'DS', '2048'),
    text(0x0028, 0x1051, 'DS', '4096'),
    element(0x7fe0, 0x0010, 'OW', Buffer.from(pixels.buffer, 0, kept)),
  ]);
}

function element(group: number, number: number, vr: string, value: Buffer): Buffer {
  const isLong = vr === 'OW';
  const head = Buffer.alloc(isLong ? 12 : 8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(number, 2);
  head.write(vr, 4, 'ascii');
  if (isLong) head.writeUInt32LE(value.length, 8);
  else head.writeUInt16LE(value.length, 6);
  return Buffer.concat([head, value]);
}

function text(group: number, number: number, vr: string, value: string): Buffer {
  const padding = vr === 'UI' ? '\0' : ' ';
  return element(group, number, vr, Buffer.from(value.length % 2 ? value + padding : value));
}

function short(group: number, number: number, value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return element(group, number, 'US', bytes);
}
