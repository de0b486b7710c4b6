import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BitHiveError } from '../../core/errors.ts';
import { displayImage, encodePng, openPixels, readHeader } from '../../formats/dicom/index.ts';
import { refusedInOneLine, withDicomFile } from './dicom-file.ts';
import { exitCodes, type Verb } from './verb.ts';

export const dicomRender: Verb = {
  usage: {
    name: 'dicom render',
    summary: 'Writes a frame of a DICOM file as a PNG image, as a viewer would show it.',
    words: ['FILE'],
    flags: [
      { name: 'out', takes: 'PNG', description: 'The file to write.' },
      { name: 'frame', takes: 'N', description: 'Which frame, counted from 1; the first when left out.' },
    ],
    takesSettings: false,
    example: 'bithive dicom render chest.dcm --out chest.png',
  },
  run: (call, world) =>
    refusedInOneLine(world, async () => {
      const out = call.flag('out');
      if (out === undefined) throw new BitHiveError('BH_CLI_USAGE', '--out says where the image goes');
      const frame = Number(call.flag('frame') ?? 1);
      if (!Number.isInteger(frame) || frame < 1)
        throw new BitHiveError('BH_CLI_USAGE', '--frame counts from 1');
      await withDicomFile(call.words[0] ?? '', world, async (source) => {
        const header = await readHeader(source);
        const frames = await openPixels(source, header);
        const image = displayImage(header, await frames.frame(frame - 1), frame - 1);
        await writeFile(resolve(world.cwd, out), encodePng(image));
        world.print(`${out}: ${image.columns} x ${image.rows}, ${image.channels === 3 ? 'colour' : 'grey'}`);
      });
      return exitCodes.ok;
    }),
};
