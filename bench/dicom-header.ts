import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import dicomParser from 'dicom-parser';
import { bytesSource, instanceFacts, readDataset, readHeader } from '../formats/dicom/index.ts';
import { type BenchRow, median } from './row.ts';

const rounds = 5;
const roundMs = 400;

/** The peer reads neither big endian without help nor deflated files; objects that one of both refuses are left out. */
const folders = ['cxr', 'mr-t1-series', 'ct-liver', 'sr-tid1500', 'odd'];

/**
 * CPU per object for the header (all but pixel data) with the facts that the engine keeps, and for the whole object, against
 * `dicom-parser`, which builds the same table of offsets. Rounds alternate, so that a noisy machine is noisy for both.
 */
export async function run(
  folder = join(process.cwd(), '../shared/data/dicom'),
): Promise<readonly BenchRow[]> {
  const objects = readObjects(folder);
  return [
    await compare('DICOM header and facts', objects, ownHeader, peerHeader),
    await compare('DICOM whole object, table of offsets', objects, readDataset, peerObject),
  ];
}

function readObjects(folder: string): readonly Buffer[] {
  const demo = join(process.cwd(), 'data/demo/cxr');
  const paths = existsSync(folder) ? folders.map((name) => join(folder, name)) : [demo];
  return paths.flatMap((path) =>
    readdirSync(path)
      .filter((name) => name.endsWith('.dcm'))
      .map((name) => readFileSync(join(path, name))),
  );
}

const ownHeader = async (bytes: Buffer): Promise<unknown> =>
  instanceFacts(await readHeader(bytesSource(bytes)));

function peerHeader(bytes: Buffer): unknown {
  const dataset = dicomParser.parseDicom(bytes, { untilTag: 'x7fe00010' });
  return [
    ...factTags.map((tag) => dataset.string(tag)),
    dataset.uint16('x00280010'),
    dataset.uint16('x00280011'),
  ];
}
const peerObject = (bytes: Buffer): unknown => dicomParser.parseDicom(bytes);

/** As many attributes as `instanceFacts` reads. */
const factTags = [
  ...['x00020010', 'x00080016', 'x00080018', 'x0020000d', 'x0020000e', 'x00080060', 'x00080050', 'x00100020'],
  ...['x00100021', 'x00100010', 'x00100030', 'x00100040', 'x00080020', 'x00080030', 'x00080201', 'x00081030'],
  ...['x0008103e', 'x00180015', 'x00185101', 'x00200011', 'x00200013', 'x00280008'],
];

type Read = (bytes: Buffer) => unknown;

async function compare(name: string, objects: readonly Buffer[], own: Read, peer: Read): Promise<BenchRow> {
  const [ours, peers]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await cpuMicroseconds(objects, own));
    peers.push(await cpuMicroseconds(objects, peer));
  }
  const [value, peerValue] = [median(ours), median(peers)];
  return {
    name: `${name}, ${objects.length} objects`,
    value,
    unit: 'CPU us/object',
    peer: 'dicom-parser',
    peerValue,
    ratio: value / peerValue,
    target: '<= 1.3',
  };
}

async function cpuMicroseconds(objects: readonly Buffer[], read: Read): Promise<number> {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  let count = 0;
  while (performance.now() - startedMs < roundMs) {
    for (const bytes of objects) await read(bytes);
    count += objects.length;
  }
  const used = process.cpuUsage(before);
  return (used.user + used.system) / count;
}
