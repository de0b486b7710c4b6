import { type ByteSource, openPixels, pixelDigest, readHeader } from '../../formats/dicom/index.ts';
import { refusedInOneLine, withDicomFile } from './dicom-file.ts';
import { exitCodes, type Verb } from './verb.ts';

export const dicomPixels: Verb = {
  usage: {
    name: 'dicom pixels',
    summary: 'Decodes the pixels of a DICOM file and prints their size and SHA-256 as one line of JSON.',
    words: ['FILE'],
    flags: [{ name: 'stats', description: 'Also the least, greatest and mean sample.' }],
    takesSettings: false,
    example: 'bithive dicom pixels chest.dcm --stats',
  },
  run: (call, world) =>
    refusedInOneLine(world, async () => {
      const line = await withDicomFile(call.words[0] ?? '', world, (source) =>
        describe(source, call.has('stats')),
      );
      world.print(JSON.stringify(line));
      return exitCodes.ok;
    }),
};

/** `sha256` is over all frames as native little-endian samples: see `pixelDigest`. */
async function describe(source: ByteSource, withStatistics: boolean): Promise<object> {
  const header = await readHeader(source);
  const frames = await openPixels(source, header);
  const { geometry } = frames;
  const { sha256, photometric, statistics } = await pixelDigest(frames, withStatistics);
  return {
    rows: geometry.rows,
    columns: geometry.columns,
    frames: geometry.framesCount,
    sha256,
    samplesPerPixel: geometry.samplesPerPixel,
    bitsAllocated: geometry.bitsAllocated,
    bitsStored: geometry.bitsStored,
    signed: geometry.isSigned,
    photometric,
    transferSyntax: header.transferSyntaxUid,
    ...statistics,
  };
}
