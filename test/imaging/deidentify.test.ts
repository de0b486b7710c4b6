import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readDataset } from '../../formats/dicom/index.ts';
import { run as deidentified } from '../mappings/deidentify/planted.ts';
import { dciodvfyErrors, hasDciodvfy, hasDcmdump, run } from './results-programs.ts';
import { hasShared, sharedFolder, sharedSamples } from './samples.ts';

/** Everything that rules on attributes can treat goes through; what is refused by default is tested elsewhere. */
const all = { pixels: 'keep', documents: 'replace', structuredContent: 'replace' } as const;
const settings = [
  all,
  { ...all, options: ['retain-modified-dates', 'retain-device-identity'] },
  { ...all, options: ['clean-descriptors', 'clean-structured-content', 'clean-graphics'] },
];
const isReadable = (file: string): boolean => {
  try {
    return readDataset(readFileSync(join(sharedFolder, file))).text(0x00080018) !== undefined;
  } catch {
    return false;
  }
};
const files = hasShared
  ? sharedSamples()
      .map(({ file }) => file)
      .filter(isReadable)
  : [];
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bithive-deidentify-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('de-identified samples, for programs of other makers', () => {
  (hasShared && hasDciodvfy ? test : test.skip)(
    'dciodvfy finds no more errors than in the originals',
    async () => {
      expect(files.length).toBeGreaterThan(60);
      for (const file of files) {
        const before = dciodvfyErrors(join(sharedFolder, file));
        for (const [at, wanted] of settings.entries()) {
          const out = join(folder, 'out.dcm');
          writeFileSync(out, (await deidentified(readFileSync(join(sharedFolder, file)), wanted)).bytes);
          const after = dciodvfyErrors(out);
          const isWorse = after.length > before.length;
          expect([file, at, isWorse ? after.filter((error) => !before.includes(error)) : []]).toEqual([
            file,
            at,
            [],
          ]);
        }
      }
    },
  );

  (hasShared && hasDcmdump ? test : test.skip)('dcmdump reads them without an error', async () => {
    for (const file of files) {
      const out = join(folder, 'out.dcm');
      writeFileSync(out, (await deidentified(readFileSync(join(sharedFolder, file)), all)).bytes);
      const { status, text } = run('dcmdump', ['-q', out]);
      expect([file, status, /^[EF]: /m.test(text)]).toEqual([file, 0, false]);
    }
  });
});
