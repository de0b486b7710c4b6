import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  type DicomDataset,
  readDataset,
  writableOf,
  writableSyntax,
  writePart10,
} from '../../../../formats/dicom/index.ts';

const folder = resolve(import.meta.dirname, '../../../../../shared/data/dicom');
const hasShared = existsSync(folder);
const files = hasShared
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.dcm') && !file.startsWith('invalid'),
    )
  : [];

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What a data set says, whatever its encoding: values as text or numbers, bytes of the others, fragments. */
function content(dataset: DicomDataset): unknown[] {
  return [...dataset.elements]
    .filter(({ tag }) => (tag & 0xffff) !== 0 && tag !== 0x00080005)
    .sort((a, b) => a.tag - b.tag)
    .map((element) => {
      const { tag, items, fragments } = element;
      if (items !== undefined) return [tag, items.map(content)];
      if (fragments !== undefined) {
        return [
          tag,
          fragments.map(({ offset, length }) => digest(element.slice(offset, length + (length % 2)))),
        ];
      }
      const texts = dataset.texts(tag);
      if (texts.length > 0) return [tag, digest(Buffer.from(JSON.stringify(texts)))];
      const isWords = element.vr === 'OW' && dataset.isBigEndian;
      return [tag, digest(isWords ? Buffer.from(element.bytes).swap16() : element.bytes)];
    });
}

(hasShared ? test : test.skip)('each readable sample says the same when it is rewritten', () => {
  let count = 0;
  for (const file of files) {
    const read = readDataset(readFileSync(`${folder}/${file}`));
    const rewritten = writePart10(writableOf(read), {
      transferSyntaxUid: writableSyntax(read.transferSyntaxUid),
      sopClassUid: read.text(0x00080016) ?? '',
      sopInstanceUid: read.text(0x00080018) ?? '',
    });
    expect([file, content(readDataset(rewritten))]).toEqual([file, content(read)]);
    count += 1;
  }
  expect(count).toBeGreaterThan(60);
});
