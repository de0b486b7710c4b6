import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { keywordOf, tagOf } from '../../../formats/dicom/index.ts';
import { tags } from '../../../formats/dicom/tags.ts';

test.each([
  ['PatientName', 0x00100010],
  ['PixelData', 0x7fe00010],
  ['AlgorithmFamilyCodeSequence', 0x0066002f],
])('%s and its tag know each other', (keyword, tag) => {
  expect(tagOf(keyword)).toBe(tag);
  expect(keywordOf(tag)).toBe(keyword);
});

test('private and unknown tags have none', () => {
  expect(keywordOf(0x00091001)).toBeUndefined();
  expect(tagOf('NoSuchThing')).toBeUndefined();
});

test('each row of the table is read, both ways', () => {
  const table = readFileSync(
    resolve(import.meta.dirname, '../../../formats/dicom/tables/keywords.csv'),
    'utf8',
  );
  const rows = table.split('\n').filter((line) => /^[0-9A-F]{8},/.test(line));
  expect(rows.length).toBeGreaterThan(4900);
  for (const row of rows) {
    const tag = Number.parseInt(row.slice(0, 8), 16);
    const keyword = row.slice(9);
    expect([keywordOf(tag), tagOf(keyword)]).toEqual([keyword, tag]);
  }
});

test('the tags that the engine reads exist in PS3.6', () => {
  for (const tag of Object.values(tags)) {
    if (tag >>> 16 !== 0xfffe) expect(keywordOf(tag)).toBeDefined();
  }
});
