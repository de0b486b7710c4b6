import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readDataset } from '../../../formats/dicom/index.ts';
import { dicomFile, el, imageElements } from '../../formats/dicom/object-builder.ts';
import { pseudonyms, secret, tracesOf } from '../../mappings/deidentify/planted.ts';
import { bithive, temporaryFolder } from './harness.ts';

const object = (instance: string, modality = 'CT', study = '1.2.3'): Buffer =>
  dicomFile(
    [
      ...imageElements(el(0x7fe00010, 'OB', Uint8Array.of(1, 2, 3, 4))).filter(
        ({ tag }) => ![0x00080016, 0x00080018, 0x00080060, 0x0020000d].includes(tag),
      ),
      el(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'),
      el(0x00080018, 'UI', instance),
      el(0x00080060, 'CS', modality),
      el(0x00081030, 'LO', 'CT Thorax Quokkaberg'),
      el(0x00100010, 'PN', 'Quokkaberg^Anna'),
      el(0x00100020, 'LO', 'MRN4711'),
      el(0x0020000d, 'UI', study),
    ].sort((a, b) => a.tag - b.tag),
  );

describe('bithive dicom anonymize', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
    mkdirSync(join(folder.path, 'in', 'below'), { recursive: true });
    writeFileSync(join(folder.path, 'key'), secret, { mode: 0o600 });
  });
  afterEach(() => folder.remove());

  const put = (name: string, bytes: Uint8Array) => writeFileSync(join(folder.path, 'in', name), bytes);
  const run = (...more: readonly string[]) =>
    bithive(['dicom', 'anonymize', ...more, '--data', 'data'], { cwd: folder.path });
  const lines = (out: string) => out.split('\n').map((line) => JSON.parse(line));
  const out = (name: string) => readFileSync(join(folder.path, 'out', name));

  test('writes each file under its new UID, says what was done, and ends 0', async () => {
    put('Quokkaberg^Anna.dcm', object('1.2.3.1'));
    put('below/two', object('1.2.3.2'));
    const result = await run('in', '--out', 'out', '--key-file', 'key');
    expect(result).toMatchObject({ code: 0, err: '' });
    const uids = ['1.2.3.1', '1.2.3.2'].map((uid) => pseudonyms.uid(uid));
    expect(readdirSync(join(folder.path, 'out')).sort()).toEqual(uids.map((uid) => `${uid}.dcm`).sort());
    for (const uid of uids) expect(tracesOf(out(`${uid}.dcm`), 'Quokkaberg')).toEqual([]);
    expect(statSync(join(folder.path, 'out', `${uids[0]}.dcm`)).mode & 0o777).toBe(0o600);
    expect(lines(result.out)[0]).toEqual({
      file: 'in/Quokkaberg^Anna.dcm',
      out: `${uids[0]}.dcm`,
      studyInstanceUid: pseudonyms.uid('1.2.3'),
      seriesInstanceUid: pseudonyms.uid('1.2.3.2'),
      sopInstanceUid: uids[0],
      isMasked: false,
      ...{ X: 1, Z: 1, D: 1, U: 3, K: 0, C: 0, private: 0, unlisted: 0, identifiers: 0 },
    });
  });

  test('goes on after a refusal, names its code, and ends 1', async () => {
    put('a', object('1.2.3.1', 'US'));
    put('b', object('1.2.3.2'));
    put('c', Buffer.from('no object'));
    const result = await run('in', '--out', 'out', '--key-file', 'key');
    expect(result.code).toBe(1);
    expect(lines(result.out)).toMatchObject([
      { file: 'in/a', code: 'BH_DICOM_BURNED_IN' },
      { file: 'in/b', out: expect.stringMatching(/^2\.25\./) },
      { file: 'in/c', code: 'BH_DICOM_SYNTAX' },
    ]);
    expect(readdirSync(join(folder.path, 'out'))).toHaveLength(1);
  });

  test('takes options, pixels and a policy file; flags go before it', async () => {
    put('a', object('1.2.3.1', 'US'));
    writeFileSync(
      join(folder.path, 'policy.yaml'),
      'pixels: quarantine\noptions: [clean-descriptors]\nmasks: [{ modality: US, boxes: [{ x: 0, y: 0, width: 1, height: 1 }] }]\n',
    );
    const one = await run('in/a', '--out', 'out', '--policy', 'policy.yaml', '--pixels', 'mask');
    expect(one.code).toBe(0);
    const [line] = lines(one.out);
    const dataset = readDataset(out(line.out));
    expect([...(dataset.get(0x7fe00010)?.bytes ?? [])]).toEqual([0, 2, 3, 4]);
    expect(dataset.text(0x00081030)).toBe('CT Thorax');
    expect(dataset.sequence(0x00120064).map((item) => item.text(0x00080100))).toEqual([
      '113100',
      '113101',
      '113105',
    ]);
  });

  test('without a key file makes one in the data folder, and uses it again', async () => {
    put('a', object('1.2.3.1'));
    const first = await run('in/a', '--out', 'out');
    const second = await run('in/a', '--out', 'out');
    expect(second.out).toBe(first.out);
    expect(statSync(join(folder.path, 'data', 'deidentify-key')).mode & 0o777).toBe(0o600);
  });

  test('no UID becomes a path, and two files of one UID stay two', async () => {
    put('a', object('../../escape'));
    put('b', object('1.2.3.1'));
    put('c', object('1.2.3.1', 'CT', '1.2.4'));
    const result = await run('in', '--out', 'out', '--options', 'retain-uids', '--key-file', 'key');
    expect(result.code).toBe(0);
    expect(lines(result.out).map((line) => line.out)).toEqual([
      expect.stringMatching(/^2\.25\.\d+\.dcm$/),
      '1.2.3.1.dcm',
      '1.2.3.1-2.dcm',
    ]);
  });

  test.each([
    [['in'], 2, 'needs --out'],
    [['absent', '--out', 'out'], 2, 'absent cannot be read'],
    [['in', '--out', 'out', '--options', 'retain-all'], 2, 'options.0'],
    [['in', '--out', 'out', '--policy', 'absent'], 2, 'absent cannot be read'],
    [['in', '--out', 'out', '--key-file', 'open'], 1, 'BH_CONFIG_SECRET'],
  ])('%j ends %i: %s', async (argv, code, words) => {
    writeFileSync(join(folder.path, 'open'), secret, { mode: 0o644 });
    const result = await run(...argv);
    expect([result.code, result.err]).toEqual([code, expect.stringContaining(words)]);
  });
});
