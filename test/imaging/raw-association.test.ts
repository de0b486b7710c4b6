import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { fileParts } from '../dimse/file-parts.ts';
import { RawAssociation } from '../dimse/raw-association.ts';
import { demoFiles } from './samples.ts';
import { Storescp } from './storescp.ts';
import { withComponents } from './with-components.ts';

withComponents('our raw association, by which the engine is attacked and measured', () => {
  test('is understood by dcmtk, which stores the very data set', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bithive-storescp-'));
    const storescp = await Storescp.start(folder);
    const [file] = demoFiles() as [string];
    const parts = fileParts(readFileSync(file));
    const association = await RawAssociation.connect(storescp.port);
    const context = {
      id: 1,
      abstractSyntax: parts.sopClassUid,
      transferSyntaxes: [parts.transferSyntaxUid],
    };
    expect(await association.associate({ calledAet: 'STORESCP', contexts: [context] })).toEqual(
      new Map([[1, 0]]),
    );
    expect(await association.store(context, parts.sopInstanceUid, parts.dataSet)).toBe(0);
    await association.release();
    const [stored] = readdirSync(folder);
    expect(fileParts(readFileSync(join(folder, stored as string))).dataSet.equals(parts.dataSet)).toBe(true);
    await storescp.stop();
    rmSync(folder, { recursive: true });
  });
});
