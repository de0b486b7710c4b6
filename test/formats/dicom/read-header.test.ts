import { describe, expect, test } from '@jest/globals';
import {
  type ByteSource,
  bytesSource,
  readHeader,
  tags,
  verifyPixelData,
} from '../../../formats/dicom/index.ts';
import { type BuiltElement, dicomFile, el, encapsulated, imageElements } from './object-builder.ts';
import { refusalCode } from './refusal.ts';

/** A source that counts what is read of it. */
function counted(bytes: Uint8Array): ByteSource & { readBytes: number } {
  return {
    size: bytes.length,
    readBytes: 0,
    async read(offset, length) {
      this.readBytes += length;
      return bytes.subarray(offset, offset + length);
    },
  };
}

const pixels = (bytesCount: number): BuiltElement => el(0x7fe00010, 'OW', new Uint8Array(bytesCount).fill(1));
const jpegLs = '1.2.840.10008.1.2.4.80';

describe('readHeader', () => {
  test('does not read the pixels of a native object', async () => {
    const side = 2048;
    const file = dicomFile(imageElements(pixels(side * side), { rows: side, columns: side }));
    const source = counted(file);
    const header = await readHeader(source);
    expect(header.number(tags.rows)).toBe(side);
    expect(header.get(tags.pixelData)).toMatchObject({ length: side * side, isLoaded: false });
    expect(source.readBytes).toBeLessThan(140_000);
  });

  test('passes over a document of 8 MiB and still reads what stands behind it', async () => {
    const file = dicomFile([
      el(0x00080018, 'UI', '1.2.3'),
      el(0x00420011, 'OB', new Uint8Array(8 * 1024 * 1024)),
      el(0x00420012, 'LO', 'application/pdf'),
    ]);
    const source = counted(file);
    const header = await readHeader(source);
    expect(header.text(0x00420012)).toBe('application/pdf');
    expect(header.get(0x00420011)?.isLoaded).toBe(false);
    expect(header.text(0x00420011)).toBeUndefined();
    expect(source.readBytes).toBeLessThan(300_000);
  });

  test('reads a sequence that is larger than a chunk, of either kind, in linear time', async () => {
    const item = [el(0x00081030, 'LO', 'x'.repeat(1000))];
    for (const isDelimited of [false, true]) {
      const sequence: BuiltElement = {
        tag: 0x00081115,
        vr: 'SQ',
        value: Array.from({ length: 3000 }, () => item),
        isDelimited,
      };
      const source = counted(dicomFile([el(0x00080018, 'UI', '1.2.3'), sequence, el(0x00280010, 'US', [9])]));
      const header = await readHeader(source);
      expect(header.sequence(0x00081115).length).toBe(3000);
      expect(header.number(0x00280010)).toBe(9);
      expect(source.readBytes).toBeLessThan(source.size * 4);
    }
  });

  test('refuses a header over the limit without reading it', async () => {
    const sequence: BuiltElement = { tag: 0x00081115, vr: 'SQ', value: [[]], lie: 0x30000000 };
    const head = dicomFile([el(0x00080018, 'UI', '1.2.3'), sequence]);
    const source: ByteSource & { readBytes: number } = {
      size: 0x40000000,
      readBytes: 0,
      async read(offset, length) {
        this.readBytes += length;
        const bytes = new Uint8Array(length);
        bytes.set(head.subarray(offset, offset + length));
        return bytes;
      },
    };
    expect(await refusalCode(() => readHeader(source))).toBe('BH_DICOM_LIMIT');
    expect(source.readBytes).toBeLessThan(200_000);
  });

  test('refuses a source that ends before its own size', async () => {
    const file = dicomFile(imageElements(pixels(4)));
    const source: ByteSource = { size: file.length + 1e6, read: async (o, n) => file.subarray(o, o + n) };
    expect(await refusalCode(() => readHeader(source))).toBe('BH_DICOM_TRUNCATED');
  });
});

describe('verifyPixelData', () => {
  const verify = async (bytes: Uint8Array) => {
    const source = bytesSource(bytes);
    await verifyPixelData(source, await readHeader(source));
  };
  const end = [0xff, 0xd9];
  const fragments = [Uint8Array.of(0xff, 0xd8, ...end), Uint8Array.of(0xff, 0xd8, ...end)];
  const whole = dicomFile(imageElements(encapsulated(fragments), { frames: 2 }), {
    transferSyntaxUid: jpegLs,
  });

  test('accepts a whole object and refuses it cut anywhere in its pixel data', async () => {
    await verify(whole);
    const begin = whole.indexOf(Buffer.of(0xe0, 0x7f, 0x10, 0x00));
    for (let length = begin; length < whole.length; length += 1) {
      const code = await refusalCode(() => verify(whole.subarray(0, length)));
      const lacksOnlyDelimiter = length === whole.length - 8;
      expect([length, code]).toEqual([length, lacksOnlyDelimiter ? 'accepted' : 'BH_DICOM_TRUNCATED']);
    }
  });

  test('refuses a cut between two fragments', async () => {
    const secondFragment = 4 + 8;
    expect(await refusalCode(() => verify(whole.subarray(0, whole.length - 8 - secondFragment)))).toBe(
      'BH_DICOM_TRUNCATED',
    );
  });

  test('does not read the fragments', async () => {
    const big = dicomFile(
      imageElements(encapsulated([new Uint8Array(4_000_000), new Uint8Array(4_000_000)]), { frames: 2 }),
      {
        transferSyntaxUid: jpegLs,
      },
    );
    const source = counted(big);
    await verifyPixelData(source, await readHeader(source));
    expect(source.readBytes).toBeLessThan(300_000);
  });

  test('reads the elements behind the pixel data', async () => {
    const file = dicomFile([...imageElements(pixels(4)), el(0xfffcfffc, 'OB', new Uint8Array(64))]);
    await verify(file);
    expect(await refusalCode(() => verify(file.subarray(0, file.length - 1)))).toBe('BH_DICOM_TRUNCATED');
  });
});
