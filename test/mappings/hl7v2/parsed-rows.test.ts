import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type ParsedRows, parseRows, readParsedRows } from '../../../mappings/hl7v2/compiler/parsed-rows.ts';
import { readMapFolder } from '../../../mappings/hl7v2/compiler/read-folder.ts';
import { ownMap, ownMapFiles } from '../../../mappings/hl7v2/own-map.ts';

const files = ownMapFiles();
const parsed = JSON.parse(JSON.stringify(parseRows(files))) as ParsedRows;

test('rows that were parsed when the engine was built say what their files say, on the same lines', () => {
  const [fromText, known] = [ownMap(), readMapFolder(files, parsed)];
  for (const part of ['messages', 'segments', 'types'] as const) {
    expect([...known[part].keys()]).toEqual([...fromText[part].keys()]);
    for (const [name, file] of known[part]) expect(file.content).toEqual(fromText[part].get(name)?.content);
  }
  const at = (folder: typeof known) => folder.segments.get('pid.patient')?.at(['rows', 7]);
  expect(at(known)).toMatch(/^segments\/pid\.patient\.yaml:\d+$/);
  expect(at(known)).toBe(at(fromText));
});

test('rows that were parsed of other files do not count', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-parsed-'));
  const path = join(folder, 'parsed-rows.json');
  try {
    expect(readParsedRows(path, files)).toBeUndefined();
    writeFileSync(path, JSON.stringify(parsed));
    expect(readParsedRows(path, files)).toEqual(parsed);
    expect(readParsedRows(path, new Map([...files, ['types/x.yaml', 'type: X']]))).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
