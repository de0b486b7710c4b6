import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BitHiveError } from '../../core/errors.ts';
import {
  encodePng,
  type ProjectionOptions,
  projectVolume,
  readVolume,
  type SeriesObject,
  tags,
  type VoiWindow,
} from '../../formats/dicom/index.ts';
import { readDicomFolder, refusedInOneLine } from './dicom-file.ts';
import { type Call, exitCodes, type Verb, type World } from './verb.ts';

export const dicomProject: Verb = {
  usage: {
    name: 'dicom project',
    summary: 'Writes a projection of a CT or MR series as a PNG image.',
    words: ['FOLDER'],
    flags: [
      { name: 'out', takes: 'PNG', description: 'The file to write.' },
      { name: 'plane', takes: 'PLANE', description: 'axial, coronal (when left out) or sagittal.' },
      {
        name: 'mode',
        takes: 'MODE',
        description: 'mip: greatest value along each ray (when left out); mpr: one plane.',
      },
      {
        name: 'at',
        takes: 'MM',
        description: 'Patient coordinate of the plane of an mpr; the middle when left out.',
      },
      { name: 'window', takes: 'CENTRE/WIDTH', description: "In place of the object's own window." },
      { name: 'series', takes: 'UID', description: 'Which series, when the folder holds several.' },
    ],
    takesSettings: false,
    example: 'bithive dicom project ct-abdomen --out front.png --plane coronal --mode mip',
  },
  run: (call, world) => refusedInOneLine(world, () => project(call, world)),
};

async function project(call: Call, world: World): Promise<number> {
  const out = call.flag('out');
  if (out === undefined) throw new BitHiveError('BH_CLI_USAGE', '--out says where the image goes');
  const options = optionsOf(call);
  const { objects, others } = await readDicomFolder(call.words[0] ?? '', world);
  for (const other of others) world.say(`left out: ${other}`);
  const series = pickSeries(objects, call.flag('series'));
  const volume = await readVolume(series);
  const { image, spacing, at } = projectVolume(volume, options);
  await writeFile(resolve(world.cwd, out), encodePng(image));
  const { stack } = volume;
  world.print(
    JSON.stringify({
      series: series[0]?.header.text(tags.seriesInstanceUid),
      slices: stack.slices.length,
      sliceSpacing: stack.spacing,
      flaws: stack.flaws,
      plane: options.plane,
      mode: options.mode,
      at,
      rows: image.rows,
      columns: image.columns,
      spacing,
    }),
  );
  return exitCodes.ok;
}

function optionsOf(call: Call): ProjectionOptions {
  const plane = oneOf('plane', call.flag('plane') ?? 'coronal', ['axial', 'coronal', 'sagittal'] as const);
  const mode = oneOf('mode', call.flag('mode') ?? 'mip', ['mip', 'mpr'] as const);
  const at = call.flag('at') === undefined ? undefined : Number(call.flag('at'));
  if (Number.isNaN(at)) throw new BitHiveError('BH_CLI_USAGE', '--at is a number of millimetres');
  const window = windowOf(call.flag('window'));
  return { plane, mode, ...(at !== undefined && { at }), ...(window && { window }) };
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw new BitHiveError('BH_CLI_USAGE', `--${name} is one of ${allowed.join(', ')}`);
}

function windowOf(text: string | undefined): VoiWindow | undefined {
  if (text === undefined) return undefined;
  const [centre = Number.NaN, width = Number.NaN] = text.split('/').map(Number);
  if (Number.isFinite(centre) && width >= 1) return { centre, width, shape: 'LINEAR' };
  throw new BitHiveError('BH_CLI_USAGE', '--window is a centre and a width, 40/400');
}

/** Images that say where they lie, by series. Segmentations lie there, too, but are no image of the patient. */
function pickSeries(objects: readonly SeriesObject[], wanted: string | undefined): readonly SeriesObject[] {
  const bySeries = new Map<string, SeriesObject[]>();
  for (const object of objects) {
    const { header } = object;
    const isImage = header.get(tags.rows) !== undefined && header.text(tags.modality) !== 'SEG';
    const uid = header.text(tags.seriesInstanceUid) ?? '';
    if (isImage && (wanted === undefined || uid === wanted))
      bySeries.set(uid, [...(bySeries.get(uid) ?? []), object]);
  }
  const [first, ...more] = bySeries.values();
  if (first === undefined)
    throw new BitHiveError('BH_DICOM_GEOMETRY', 'the folder holds no images of such a series');
  if (more.length > 0) {
    throw new BitHiveError(
      'BH_CLI_USAGE',
      `several series, name one with --series: ${[...bySeries.keys()].join(', ')}`,
    );
  }
  return first;
}
