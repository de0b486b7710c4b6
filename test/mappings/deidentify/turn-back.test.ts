import { deflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { readDataset, type WritableDataset, writableOf, writePart10 } from '../../../formats/dicom/index.ts';
import { patientOf } from '../../../mappings/deidentify/patient-of.ts';
import { pseudonymsOf } from '../../../mappings/deidentify/pseudonyms.ts';
import { type SentStudy, sentByOf } from '../../../mappings/deidentify/sent-study.ts';
import { shiftDate } from '../../../mappings/deidentify/shift-date.ts';
import { turnBack } from '../../../mappings/deidentify/turn-back.ts';
import { data, items, type Planted, policy, pseudonyms, run, text, tracesOf } from './planted.ts';

const ct = '1.2.840.10008.5.1.4.1.1.2';
const sr = '1.2.840.10008.5.1.4.1.1.88.33';
const study = '1.2.3';
const days = pseudonyms.shiftDays('HOSP|MRN4711');
const moved = (day: string): string => shiftDate(day, days) ?? '';
const otherKey = pseudonymsOf('the key of another project, as long as ours');

const slice = (nth: number, more: readonly Planted[] = []): WritableDataset =>
  new Map([
    ...data(
      [0x00080016, text('UI', ct)],
      [0x00080018, text('UI', `1.2.3.1.${nth}`)],
      [0x00080020, text('DA', '20231107')],
      [0x00080022, text('DA', '20231108')],
      [0x00080050, text('SH', 'ACC1')],
      [0x00080060, text('CS', 'CT')],
      [0x00100010, text('PN', 'Muster^Jürg')],
      [0x00100020, text('LO', 'MRN4711')],
      [0x00100021, text('LO', 'HOSP')],
      [0x00100030, text('DA', '19610913')],
      [0x0020000d, text('UI', study)],
      [0x0020000e, text('UI', '1.2.3.1')],
      [0x00200052, text('UI', `1.2.3.9${nth}`)],
    ),
    ...more,
  ]);
const originals = [slice(1), slice(2), slice(3, [[0x00181078, text('DT', '20230301101500')]])];
const settings = { options: ['retain-modified-dates' as const] };

interface Known {
  readonly originals?: readonly WritableDataset[];
  readonly unsent?: readonly string[];
  readonly options?: Parameters<typeof policy>[0];
  readonly reads?: string[];
  /** Objects of other studies that left. */
  readonly others?: readonly string[];
}

/** What the engine knows of what left on 2026-02-03. */
function sentStudy({
  originals: all = originals,
  unsent = [],
  options = settings,
  reads = [],
  others = [],
}: Known = {}): SentStudy {
  return {
    ...sentByOf(policy(options)),
    studyInstanceUid: study,
    pseudonyms,
    sentFromMs: Date.UTC(2026, 1, 3),
    wasSent: async (sopInstanceUid) => others.includes(sopInstanceUid),
    instances: all.map((original) => {
      const textOf = (tag: number): string => String(original.get(tag)?.value[0 as never]);
      return {
        sopInstanceUid: textOf(0x00080018),
        seriesInstanceUid: textOf(0x0020000e),
        accessionNumber: textOf(0x00080050),
        patient: patientOf(original),
        wasSent: async () => !unsent.includes(textOf(0x00080018)),
        read: async () => {
          reads.push(textOf(0x00080018));
          return original;
        },
      };
    }),
  };
}

const reference = (sop: string): Planted => [
  0x00081199,
  items(data([0x00081150, text('UI', ct)], [0x00081155, text('UI', sop)])),
];
const evidence = (study: string, series: string, ...sops: readonly string[]): Planted => [
  0x0040a375,
  items(
    data(
      [0x00081115, items(data(reference(sops[0] ?? ''), [0x0020000e, text('UI', series)]))],
      [0x0020000d, text('UI', study)],
    ),
  ),
];
const sentSop = (nth: number): string => pseudonyms.uid(`1.2.3.1.${nth}`);
const patient = pseudonyms.patient('HOSP|MRN4711');

/** What a remote node makes of the slices that it got: it knows nothing else. */
async function resultOf(more: readonly Planted[] = []): Promise<Uint8Array> {
  const seen = writableOf(readDataset((await run(fileOf(slice(1)), settings)).bytes));
  const result = new Map([
    ...seen,
    ...data(
      [0x00080016, text('UI', sr)],
      [0x00080018, text('UI', '1.2.9.1')],
      [0x00080021, text('DA', '20260204')],
      [0x00080023, text('DA', '20260204')],
      [0x0020000e, text('UI', '1.2.9.0')],
      evidence(pseudonyms.uid(study), pseudonyms.uid('1.2.3.1'), sentSop(1)),
      [
        0x0040a730,
        items(data([0x0040a160, text('UT', `seen in ${sentSop(2)} of ${patient}`)], reference(sentSop(2)))),
      ],
    ),
    ...more,
  ]);
  return fileOf(result);
}
const fileOf = (dataset: WritableDataset): Uint8Array =>
  writePart10(dataset, {
    sopClassUid: String(dataset.get(0x00080016)?.value[0 as never]),
    sopInstanceUid: String(dataset.get(0x00080018)?.value[0 as never]),
  });
const back = (bytes: Uint8Array, known: Known = {}, documents: 'refuse' | 'keep' = 'refuse') =>
  turnBack(bytes, {
    documents,
    studyOf: async (uid) => (uid === pseudonyms.uid(study) ? sentStudy(known) : undefined),
  });

describe('a result under its own names', () => {
  test('has patient, study, order, dates and references of the hospital, and no pseudonym', async () => {
    const bytes = await back(
      await resultOf([
        [0x0040a370, items(data([0x00080050, text('SH')], [0x0020000d, text('UI', pseudonyms.uid(study))]))],
      ]),
    );
    const dataset = readDataset(bytes);
    expect(
      [0x00100010, 0x00100020, 0x00100021, 0x00100030, 0x00080050, 0x00080020].map((tag) =>
        dataset.text(tag),
      ),
    ).toEqual(['Muster^Jürg', 'MRN4711', 'HOSP', '19610913', 'ACC1', '20231107']);
    expect([0x0020000d, 0x0020000e, 0x00080018, 0x00200052].map((tag) => dataset.text(tag))).toEqual([
      study,
      '1.2.9.0',
      '1.2.9.1',
      '1.2.3.91',
    ]);
    expect(dataset.text(0x00080022)).toBe('20231108');
    expect(dataset.text(0x00080023)).toBe('20260204');
    const [content] = dataset.sequence(0x0040a730);
    expect(content?.text(0x0040a160)).toBe('seen in 1.2.3.1.2 of MRN4711');
    expect(content?.sequence(0x00081199)[0]?.text(0x00081155)).toBe('1.2.3.1.2');
    expect(dataset.sequence(0x0040a370)[0]?.text(0x00080050)).toBe('ACC1');
    for (const tag of [0x00120062, 0x00120063, 0x00280303]) expect(dataset.text(tag)).toBeUndefined();
    for (const name of [patient, sentSop(1), sentSop(2), pseudonyms.uid(study), moved('20231107')])
      expect(tracesOf(bytes, name)).toEqual([]);
  });

  test('is the same, byte for byte, when it is turned back again', async () => {
    const result = await resultOf();
    expect(Buffer.from(await back(result)).equals(Buffer.from(await back(result)))).toBe(true);
  });

  test('reads of the originals what it needs, those that it refers to first', async () => {
    const reads: string[] = [];
    await back(await resultOf(), { reads });
    expect(reads).toEqual(['1.2.3.1.1']);
    reads.length = 0;
    await back(await resultOf([[0x00181078, text('DT', `${moved('20230301')}101500`)]]), { reads });
    expect(reads).toEqual(['1.2.3.1.1', '1.2.3.1.2', '1.2.3.1.3']);
  });

  test('may refer to other objects of the node, where it lists them under a series of the node', async () => {
    const segmentation = [
      [0x0040a730, items(data(reference('1.2.9.7')))],
      [
        0x0040a375,
        items(
          data(
            [
              0x00081115,
              items(
                data(reference(sentSop(1)), [0x0020000e, text('UI', pseudonyms.uid('1.2.3.1'))]),
                data(reference('1.2.9.7'), [0x0020000e, text('UI', '1.2.9.6')]),
              ),
            ],
            [0x0020000d, text('UI', pseudonyms.uid(study))],
          ),
        ),
      ],
    ] as const satisfies readonly Planted[];
    const dataset = readDataset(await back(await resultOf(segmentation)));
    const [, own] = dataset.sequence(0x0040a375)[0]?.sequence(0x00081115) ?? [];
    expect(own?.sequence(0x00081199)[0]?.text(0x00081155)).toBe('1.2.9.7');
  });

  test('has the dates of its study, where none left', async () => {
    const seen = writableOf(readDataset((await run(fileOf(slice(1)))).bytes));
    expect([0x00080020, 0x00080022].map((tag) => seen.get(tag)?.value ?? [])).toEqual([[], []]);
    const own = [
      [0x00080018, text('UI', '1.2.9.1')],
      [0x00080023, text('DA', '20260204')],
    ] as const;
    const dataset = readDataset(await back(fileOf(new Map([...seen, ...own])), { options: {} }));
    expect([0x00080020, 0x00080023, 0x00100030].map((tag) => dataset.text(tag))).toEqual([
      '20231107',
      '20260204',
      '19610913',
    ]);
  });

  test('keeps UIDs and dates that left as they are', async () => {
    const options = { options: ['retain-uids' as const, 'retain-full-dates' as const] };
    const seen = writableOf(readDataset((await run(fileOf(slice(1)), options)).bytes));
    const result = fileOf(
      new Map([
        ...seen,
        [0x00080018, text('UI', '1.2.9.1')],
        [0x0020000e, text('UI', '1.2.9.0')],
        reference('1.2.3.1.1'),
      ]),
    );
    const dataset = readDataset(
      await turnBack(result, { documents: 'refuse', studyOf: async () => sentStudy({ options }) }),
    );
    expect([0x0020000d, 0x00080022, 0x00100020].map((tag) => dataset.text(tag))).toEqual([
      study,
      '20231108',
      'MRN4711',
    ]);
    expect(dataset.sequence(0x00081199)[0]?.text(0x00081155)).toBe('1.2.3.1.1');
    // The same under the name of an image of another patient, which the archive would replace.
    await expect(
      turnBack(result, {
        documents: 'refuse',
        studyOf: async () => sentStudy({ options, others: ['1.2.9.1'] }),
      }),
    ).rejects.toMatchObject({ code: 'BH_REIDENTIFY_UNCERTAIN' });
  });
});

describe('a result is refused, whole,', () => {
  const unknown = 'BH_REIDENTIFY_UNKNOWN';
  const mixed = 'BH_REIDENTIFY_MIXED';
  const uncertain = 'BH_REIDENTIFY_UNCERTAIN';
  const cases: readonly (readonly [string, string, readonly Planted[], Known?])[] = [
    ['of a study that was never sent', unknown, [[0x0020000d, text('UI', pseudonyms.uid('1.2.4'))]]],
    ['of no study', unknown, [[0x0020000d, text('UI')]]],
    ['by the key of another project', unknown, [[0x0020000d, text('UI', otherKey.uid(study))]]],
    ['that refers to an object by another key', unknown, [reference(otherKey.uid('1.2.3.1.1'))]],
    ['that names a device by another key', unknown, [[0x00181002, text('UI', otherKey.uid('1.2.7'))]]],
    [
      'that names a frame of reference that no original has',
      unknown,
      [[0x00200052, text('UI', pseudonyms.uid('1.2.8'))]],
    ],
    [
      'that refers to an object of the study that was not sent',
      unknown,
      [reference(sentSop(3))],
      { unsent: ['1.2.3.1.3'] },
    ],
    ['that refers to an object that does not exist', unknown, [reference(pseudonyms.uid('1.2.3.1.77'))]],
    ['that refers to an object whose series nobody tells', unknown, [reference('1.2.77.1')]],
    [
      'that puts a foreign object into a series that was sent',
      unknown,
      [evidence(pseudonyms.uid(study), pseudonyms.uid('1.2.3.1'), '1.2.77.1')],
    ],
    [
      'of which nothing was sent',
      unknown,
      [
        [0x0040a375, items()],
        [0x0040a730, items()],
      ],
      { unsent: ['1.2.3.1.1', '1.2.3.1.2', '1.2.3.1.3'] },
    ],
    ['of another patient', mixed, [[0x00100020, text('LO', pseudonyms.patient('HOSP|MRN1'))]]],
    ['of no patient', mixed, [[0x00100020, text('LO')]]],
    ['with a number that is no pseudonym', mixed, [[0x00100020, text('LO', 'MRN4711')]]],
    [
      'that speaks of another patient',
      mixed,
      [[0x00204000, text('LT', `as ${pseudonyms.patient('HOSP|MRN1')}`)]],
    ],
    [
      'of two studies',
      mixed,
      [evidence(pseudonyms.uid('1.2.4'), pseudonyms.uid('1.2.4.1'), pseudonyms.uid('1.2.4.1.1'))],
    ],
    ['of two orders', mixed, [], { originals: [slice(1), slice(2, [[0x00080050, text('SH', 'ACC2')]])] }],
    ['that is one of the objects that were sent', uncertain, [[0x00080018, text('UI', sentSop(1))]]],
    ['with a date that is none of the originals', uncertain, [[0x00080022, text('DA', '20190101')]]],
    ['with a month that may be moved', uncertain, [[0x00181078, text('DT', '201901')]]],
    ...['$1$2$3', '$1-$2-$3', '$3.$2.$1', '$2/$3/$1'].map((form) => {
      const date = moved('20231108').replace(/(....)(..)(..)/, form);
      return [
        `with the moved date ${date} in its text`,
        uncertain,
        [[0x00204000, text('LT', `since ${date}.`)]],
      ] as const;
    }),
    [
      'with a pseudonym in private bytes',
      uncertain,
      [
        [0x00990010, text('LO', 'ACME')],
        [0x00991001, { vr: 'UN', value: Buffer.from(`id=${patient} `) }],
      ],
    ],
    ['that left by other rules', uncertain, [[0x00280303, text('CS', 'UNMODIFIED')]]],
    [
      'with a dummy date',
      uncertain,
      [
        [0x00080022, text('DA', '19000101')],
        [0x00280303, text('CS', 'REMOVED')],
      ],
      { options: {} },
    ],
  ];
  // A test that asks for more than it is given would wait for a callback.
  test.each(cases)('%s', async (...[, code, planted, known]) => {
    await expect(back(await resultOf(planted), known)).rejects.toMatchObject({ code });
  });

  test('when it is no DICOM object', async () => {
    await expect(back(Buffer.from('no object'))).rejects.toMatchObject({ code: 'BH_DICOM_SYNTAX' });
  });

  test('where a date may be moved and may be not', async () => {
    const today = slice(1, [[0x00080022, text('DA', shiftDate('20260204', -days) ?? '')]]);
    await expect(
      back(await resultOf([[0x00080022, text('DA', '20260204')]]), { originals: [today, slice(2)] }),
    ).rejects.toMatchObject({ code: uncertain, detail: expect.stringContaining('may be moved') });
  });
});

describe('a document in a result', () => {
  const pdf = (content: Buffer): readonly Planted[] => [
    [
      0x00420011,
      {
        vr: 'OB',
        value: Buffer.concat([
          Buffer.from('%PDF-1.4\n1 0 obj\n<< >>\nstream\n'),
          content,
          Buffer.from('\nendstream\n%%EOF '),
        ]),
      },
    ],
    [0x00420012, text('LO', 'application/pdf')],
  ];
  const harmless = deflateSync(Buffer.from('BT (No finding) Tj ET'));

  test('is refused unless the channel keeps it', async () => {
    await expect(back(await resultOf(pdf(harmless)))).rejects.toMatchObject({
      code: 'BH_REIDENTIFY_UNCERTAIN',
    });
    const kept = readDataset(await back(await resultOf(pdf(harmless)), {}, 'keep'));
    expect(kept.text(0x00100020)).toBe('MRN4711');
  });

  test('is one within an item, too', async () => {
    const within: Planted = [0x00081140, items(data(...pdf(harmless)))];
    await expect(back(await resultOf([within]))).rejects.toMatchObject({
      code: 'BH_REIDENTIFY_UNCERTAIN',
    });
  });

  /** Of less than the 39 digits that one can have. */
  const shortUid = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(sentSop).find((uid) => uid.length < 44) ?? '';

  test.each([
    ['plain', Buffer.from(`(${patient}) Tj`)],
    ['behind what looks like one', Buffer.from(`(BH${patient}) Tj`)],
    ['behind another root of UIDs', Buffer.from(`(2.25.${sentSop(1)}) Tj`)],
    ['with digits behind it', Buffer.from(`(${shortUid}0001) Tj`)],
    ['compressed', deflateSync(Buffer.from(`BT (${patient}) Tj ET`))],
  ])('with a pseudonym, %s, is refused whatever the channel says', async (_name, content) => {
    await expect(back(await resultOf(pdf(content)), {}, 'keep')).rejects.toMatchObject({
      code: 'BH_REIDENTIFY_UNCERTAIN',
      detail: expect.stringMatching(`${patient}|${sentSop(1)}|${shortUid}`),
    });
  });
});
