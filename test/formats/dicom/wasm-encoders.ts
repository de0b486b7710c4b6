import createCharLs from '@cornerstonejs/codec-charls/wasmjs';
import createOpenJpeg from '@cornerstonejs/codec-openjpeg/wasmjs';
import createOpenJph from '@cornerstonejs/codec-openjph/wasmjs';

const once = <T>(create: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= create();
    return made;
  };
};
const charLs = once(createCharLs);
const openJpeg = once(createOpenJpeg);
const openJph = once(() => createOpenJph({ print() {}, printErr() {} }));

export interface Image {
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly bits: number;
  readonly signed?: boolean;
  /** Little endian, colour by pixel. */
  readonly bytes: Uint8Array;
}

const frameOf = ({ rows, columns, samples, bits, signed = false }: Image) => ({
  width: columns,
  height: rows,
  bitsPerSample: bits,
  componentCount: samples,
  isSigned: signed,
});

/** `interleave`: 0 by component, 1 by line, 2 by sample; of colour only. The bytes must be in the same order. */
export async function encodeJpegLs(image: Image, interleave = 2): Promise<Uint8Array> {
  const encoder = new (await charLs()).JpegLSEncoder();
  encoder.getDecodedBuffer(frameOf(image)).set(image.bytes);
  if (image.samples > 1) encoder.setInterleaveMode(interleave);
  encoder.encode();
  const encoded = encoder.getEncodedBuffer().slice();
  encoder.delete();
  return encoded;
}

export async function encodeJpeg2000(image: Image): Promise<Uint8Array> {
  const encoder = new (await openJpeg()).J2KEncoder();
  encoder.getDecodedBuffer(frameOf(image)).set(image.bytes);
  encoder.setQuality(true, 0);
  encoder.setDecompositions(Math.floor(Math.log2(Math.min(image.rows, image.columns, 32))));
  encoder.encode();
  const encoded = encoder.getEncodedBuffer().slice();
  encoder.delete();
  return encoded;
}

/** High throughput JPEG 2000, lossless unless a quantisation is given. `tile`: its width and height. */
export async function encodeHtj2k(image: Image, tile?: number, quantization?: number): Promise<Uint8Array> {
  const encoder = new (await openJph()).HTJ2KEncoder();
  const frame = { ...frameOf(image), isUsingColorTransform: image.samples === 3 };
  encoder.getDecodedBuffer(frame).set(image.bytes);
  encoder.setQuality(quantization === undefined, quantization ?? 0);
  if (tile !== undefined) encoder.setTileSize({ width: tile, height: tile });
  encoder.encode();
  const encoded = encoder.getEncodedBuffer().slice();
  encoder.delete();
  return encoded;
}
