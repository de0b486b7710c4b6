import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decode } from 'fast-png';
import { explicitBigEndian } from '../../../formats/dicom/transfer-syntax.ts';
import { dicomFile, el, imageElements } from '../../formats/dicom/object-builder.ts';
import { bithive, temporaryFolder } from './harness.ts';

const samples = resolve(import.meta.dirname, '../../../../shared/data/dicom');
const withSamples = existsSync(samples) ? test : test.skip;
const sha256 = (...bytes: number[]): string =>
  createHash('sha256').update(Uint8Array.from(bytes)).digest('hex');

let folder: ReturnType<typeof temporaryFolder>;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => folder.remove());

const put = (name: string, bytes: Uint8Array) => writeFileSync(join(folder.path, name), bytes);
const run = (...argv: string[]) => bithive(['dicom', ...argv], { cwd: folder.path });

describe('bithive dicom pixels', () => {
  test('prints one line with size and hash of the native little-endian samples', async () => {
    const words = el(0x7fe00010, 'OW', [1, -2, 3, 4, 5, 6]);
    const file = imageElements(words, { rows: 1, columns: 3, bits: 16, signed: true, frames: 2 });
    put('a.dcm', dicomFile(file, { transferSyntaxUid: explicitBigEndian }));
    const { code, out } = await run('pixels', 'a.dcm', '--stats');
    expect(code).toBe(0);
    expect(out).not.toContain('\n');
    expect(JSON.parse(out)).toEqual({
      rows: 1,
      columns: 3,
      frames: 2,
      sha256: sha256(1, 0, 0xfe, 0xff, 3, 0, 4, 0, 5, 0, 6, 0),
      samplesPerPixel: 1,
      bitsAllocated: 16,
      bitsStored: 16,
      signed: true,
      photometric: 'MONOCHROME2',
      transferSyntax: explicitBigEndian,
      min: -2,
      max: 6,
      mean: 17 / 6,
    });
  });

  test('leaves out the padding byte, and keeps frames of one bit packed over all frames', async () => {
    put(
      'odd.dcm',
      dicomFile(imageElements(el(0x7fe00010, 'OB', Uint8Array.of(7, 8, 9, 0)), { rows: 1, columns: 3 })),
    );
    expect(JSON.parse((await run('pixels', 'odd.dcm')).out)).toMatchObject({ sha256: sha256(7, 8, 9) });
    const bits = el(0x7fe00010, 'OB', Uint8Array.of(0b10110101, 0b1));
    put('bits.dcm', dicomFile(imageElements(bits, { rows: 1, columns: 3, bits: 1, frames: 3 })));
    const { out } = await run('pixels', 'bits.dcm', '--stats');
    expect(JSON.parse(out)).toMatchObject({ sha256: sha256(0b10110101, 0b1), min: 0, max: 1, mean: 6 / 9 });
  });

  test('refuses with one coded line and a non-zero exit', async () => {
    put('text.dcm', Buffer.from('not an object at all, but long enough to look at'));
    put('none.dcm', dicomFile([el(0x00080018, 'UI', '1.2')]));
    expect(await run('pixels', 'text.dcm')).toMatchObject({
      code: 1,
      out: '',
      err: 'BH_DICOM_SYNTAX: no DICM prefix and no DICOM data set',
    });
    expect(await run('pixels', 'none.dcm')).toMatchObject({
      code: 1,
      err: 'BH_DICOM_PIXELS: the object has no pixel data',
    });
    expect(await run('pixels', 'absent.dcm')).toMatchObject({
      code: 2,
      err: expect.stringContaining("BH_CLI_USAGE: absent.dcm can't be read"),
    });
  });

  withSamples('gives the hash of the index for each lossless sample', async () => {
    const { files } = JSON.parse(readFileSync(`${samples}/index.json`, 'utf8')) as {
      files: { file: string; rows?: number; frames?: number; pixel?: { sha256?: string } }[];
    };
    const lossless = files.filter(({ pixel }) => pixel?.sha256 !== undefined);
    expect(lossless.length).toBe(55);
    for (const { file, rows, frames, pixel } of lossless) {
      const { out } = await run('pixels', join(samples, file));
      expect(JSON.parse(out)).toMatchObject({ rows, frames: frames ?? 1, sha256: pixel?.sha256 });
    }
  });
});

describe('bithive dicom dump', () => {
  const file = dicomFile([
    el(0x00080005, 'CS', 'ISO_IR 100'),
    el(0x00080018, 'UI', '1.2.3'),
    { tag: 0x00081115, vr: 'SQ', value: [[el(0x0020000e, 'UI', '1.2.4')], [el(0x00280010, 'US', [7])]] },
    el(0x00090010, 'LO', 'OURS'),
    el(0x00091001, 'UN', Uint8Array.of(1, 2, 255, 0)),
    el(0x00100010, 'PN', 'M\xfcller^\x1b[2J'),
    el(0x00104000, 'LT', 'x'.repeat(300)),
  ]);

  test('prints a tree with keywords, values cut and made harmless', async () => {
    put('tree.dcm', file);
    const { code, out } = await run('dump', 'tree.dcm');
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      '(0002,0001) OB  FileMetaInformationVersion: 2 bytes 0001',
      '(0002,0010) UI  TransferSyntaxUID: 1.2.840.10008.1.2.1',
      '(0002,0012) UI  ImplementationClassUID: 1.2.3',
      '(0008,0005) CS  SpecificCharacterSet: ISO_IR 100',
      '(0008,0018) UI  SOPInstanceUID: 1.2.3',
      '(0008,1115) SQ  ReferencedSeriesSequence: 2 items',
      '  item 1',
      '    (0020,000e) UI  SeriesInstanceUID: 1.2.4',
      '  item 2',
      '    (0028,0010) US  Rows: 7',
      '(0009,0010) LO  private: OURS',
      '(0009,1001) UN  private: 4 bytes 0102ff00',
      '(0010,0010) PN  PatientName: Müller^·[2J',
      `(0010,4000) LT  PatientComments: ${'x'.repeat(64)}…`,
    ]);
    expect((await run('dump', 'tree.dcm', '--full')).out).toContain('x'.repeat(300));
  });

  test('prints DICOM JSON with --json, tags in order', async () => {
    put('tree.dcm', file);
    const { out } = await run('dump', 'tree.dcm', '--json');
    expect(out.startsWith('{"00080005":{"vr":"CS","Value":["ISO_IR 192"]},"00080018"')).toBe(true);
    expect(JSON.parse(out)).toMatchObject({
      '00081115': {
        vr: 'SQ',
        Value: [{ '0020000E': { vr: 'UI', Value: ['1.2.4'] } }, { '00280010': { Value: [7] } }],
      },
      '00091001': { vr: 'UN', InlineBinary: 'AQL/AA==' },
    });
  });

  test('shows what it could read of a cut object, and refuses', async () => {
    const whole = dicomFile([
      ...imageElements(el(0x7fe00010, 'OB', new Uint8Array(4))),
      el(0xfffcfffc, 'OB', new Uint8Array(64)),
    ]);
    put('cut.dcm', whole.subarray(0, whole.length - 10));
    const { code, out, err } = await run('dump', 'cut.dcm');
    expect({ code, err }).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^BH_DICOM_TRUNCATED: [^\n]*$/),
    });
    expect(out).toContain('(7fe0,0010) OB  PixelData: 4 bytes at');
  });
});

describe('bithive dicom render and project', () => {
  const slice = (z: number, series: string) =>
    dicomFile([
      el(0x0020000e, 'UI', series),
      ...imageElements(el(0x7fe00010, 'OB', Uint8Array.of(0, 50, 100, 150)), {
        before: [
          el(0x00200032, 'DS', `0\\0\\${z}`),
          el(0x00200037, 'DS', '1\\0\\0\\0\\1\\0'),
          el(0x00280030, 'DS', '1\\1'),
        ],
      }).filter(({ tag }) => tag !== 0x0020000e),
    ]);

  test('write PNG images', async () => {
    put('image.dcm', slice(0, '1.2'));
    const rendered = await run('render', 'image.dcm', '--out', 'image.png');
    expect(rendered).toMatchObject({ code: 0, out: 'image.png: 2 x 2, grey' });
    expect([...decode(readFileSync(join(folder.path, 'image.png'))).data]).toEqual([0, 85, 170, 255]);
    mkdirSync(join(folder.path, 'series'));
    for (const z of [0, 1, 2]) put(`series/${z}.dcm`, slice(z, '1.2'));
    put('series/note.txt', Buffer.from('not an object, only a note that lies there'));
    const projected = await run('project', 'series', '--out', 'front.png', '--plane', 'coronal');
    expect(projected).toMatchObject({ code: 0, err: expect.stringContaining('note.txt: BH_DICOM_SYNTAX') });
    expect(JSON.parse(projected.out)).toMatchObject({
      slices: 3,
      sliceSpacing: 1,
      flaws: [],
      rows: 3,
      columns: 2,
    });
    expect(decode(readFileSync(join(folder.path, 'front.png')))).toMatchObject({
      width: 2,
      height: 3,
      channels: 1,
    });
  });

  test.each<[string[], number, string]>([
    [['render', 'image.dcm'], 2, 'BH_CLI_USAGE: --out'],
    [['render', 'image.dcm', '--out', 'x.png', '--frame', '2'], 1, 'BH_DICOM_PIXELS: frame 2 of 1'],
    [['project', 'series', '--out', 'x.png', '--plane', 'oblique'], 2, 'BH_CLI_USAGE: --plane is one of'],
    [
      ['project', 'series', '--out', 'x.png', '--mode', 'mpr', '--at', '99'],
      1,
      'BH_DICOM_GEOMETRY: the volume reaches',
    ],
    [['project', 'series', '--out', 'x.png', '--window', '40'], 2, 'BH_CLI_USAGE: --window'],
    [
      ['project', 'series', '--out', 'x.png', '--series', '9.9'],
      1,
      'BH_DICOM_GEOMETRY: the folder holds no images',
    ],
    [['project', 'nowhere', '--out', 'x.png'], 2, "BH_CLI_USAGE: nowhere can't be read"],
  ])('%j ends %i', async (argv, code, said) => {
    expect(await run(...argv)).toMatchObject({ code, err: expect.stringContaining(said) });
  });

  test('ask which of several series', async () => {
    put('series/other.dcm', slice(0, '1.3'));
    expect(await run('project', 'series', '--out', 'x.png')).toMatchObject({
      code: 2,
      err: expect.stringContaining('name one with --series: 1.2, 1.3'),
    });
    expect(await run('project', 'series', '--out', 'x.png', '--series', '1.2')).toMatchObject({ code: 0 });
  });
});
