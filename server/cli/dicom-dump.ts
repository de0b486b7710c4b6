import {
  type ByteSource,
  type DicomDataset,
  type DicomElement,
  dicomJson,
  formatTag,
  keywordOf,
  readHeader,
  verifyPixelData,
} from '../../formats/dicom/index.ts';
import { refusedInOneLine, withDicomFile } from './dicom-file.ts';
import { printable } from './table.ts';
import { exitCodes, jsonFlag, type Verb, type World } from './verb.ts';

const valueCharsMax = 64;
const valuesMax = 16;
const inlineBytesMax = 1024;

export const dicomDump: Verb = {
  usage: {
    name: 'dicom dump',
    summary: 'Prints the elements of a DICOM file as a tree, or as DICOM JSON.',
    words: ['FILE'],
    flags: [
      jsonFlag,
      { name: 'full', description: 'Print values whole, however long. Pixel data is never printed.' },
    ],
    takesSettings: false,
    example: 'bithive dicom dump chest.dcm --json',
  },
  run: (call, world) =>
    refusedInOneLine(world, () =>
      withDicomFile(call.words[0] ?? '', world, async (source) => {
        const header = await readHeader(source);
        if (call.has('json')) printJson(header, world);
        else printTree(header, world, call.has('full'));
        return await checkedToTheEnd(source, header);
      }),
    ),
};

/** What was read is printed first, so that a person sees how far a broken object goes. */
async function checkedToTheEnd(source: ByteSource, header: DicomDataset): Promise<number> {
  await verifyPixelData(source, header);
  return exitCodes.ok;
}

/** Longer binary values are named by where they lie in the file. */
function printJson(header: DicomDataset, world: World): void {
  const json = dicomJson(header, {
    inlineBytesMax,
    bulkDataUri: ({ offset, length }) => `?offset=${offset}${length < 0 ? '' : `&length=${length}`}`,
  });
  world.print(json);
}

function printTree(header: DicomDataset, world: World, isFull: boolean): void {
  for (const dataset of header.meta ? [header.meta, header] : [header]) {
    for (const element of dataset.elements) world.print(linesOf(element, dataset, '', isFull).join('\n'));
  }
}

function linesOf(
  element: DicomElement,
  dataset: DicomDataset,
  indent: string,
  isFull: boolean,
): readonly string[] {
  const head = `${indent}${formatTag(element.tag)} ${element.vr}  ${keywordOf(element.tag) ?? nameOf(element.tag)}`;
  if (element.items === undefined) return [`${head}: ${valueText(element, dataset, isFull)}`.trimEnd()];
  const items = element.items.flatMap((item, at) => [
    `${indent}  item ${at + 1}`,
    ...[...item.elements].flatMap((inner) => linesOf(inner, item, `${indent}    `, isFull)),
  ]);
  return [`${head}: ${element.items.length} items`, ...items];
}

/** Private blocks are of odd groups (PS3.5 7.8). */
const nameOf = (tag: number): string => ((tag >>> 16) % 2 === 1 ? 'private' : 'unknown');

function valueText(element: DicomElement, dataset: DicomDataset, isFull: boolean): string {
  if (element.length < 0) return `encapsulated, from ${element.offset}`;
  if (!element.isLoaded) return `${element.length} bytes at ${element.offset}`;
  if (element.vr === 'UN' || element.vr.startsWith('O')) return bytesText(element.bytes, isFull);
  const texts = dataset.texts(element.tag);
  const shown = isFull ? texts : texts.slice(0, valuesMax).map(cut);
  const more = shown.length < texts.length ? `\\… ${texts.length} values` : '';
  return printable(shown.join('\\')) + more;
}

const cut = (text: string): string =>
  text.length > valueCharsMax ? `${text.slice(0, valueCharsMax)}…` : text;

function bytesText(bytes: Uint8Array, isFull: boolean): string {
  const shown = Buffer.from(isFull ? bytes : bytes.subarray(0, valuesMax)).toString('hex');
  return `${bytes.length} bytes ${shown}${shown.length < bytes.length * 2 ? '…' : ''}`;
}
