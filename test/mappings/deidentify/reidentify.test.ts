import { describe, expect, test } from '@jest/globals';
import { readDataset, type WritableDataset, writableOf, writePart10 } from '../../../formats/dicom/index.ts';
import { reidentifierOf } from '../../../mappings/deidentify/reidentify.ts';
import { data, items, pseudonyms, run, text, tracesOf } from './planted.ts';

const ct = '1.2.840.10008.5.1.4.1.1.2';
const slice = (nth: number): WritableDataset =>
  data(
    [0x00080016, text('UI', ct)],
    [0x00080018, text('UI', `1.2.3.${nth}`)],
    [0x00080020, text('DA', '20231107')],
    [0x00080050, text('SH', 'ACC1')],
    [0x00080060, text('CS', 'CT')],
    [0x00100010, text('PN', 'Muster^Jürg')],
    [0x00100020, text('LO', 'MRN4711')],
    [0x00100021, text('LO', 'HOSP')],
    [0x00100030, text('DA', '19610913')],
    [0x0020000d, text('UI', '1.2.3')],
    [0x0020000e, text('UI', '1.2.3.0')],
    [0x00200052, text('UI', '1.2.3.99')],
  );
const fileOf = (dataset: WritableDataset): Uint8Array =>
  writePart10(dataset, { sopClassUid: ct, sopInstanceUid: '1.2.3.1' });
const originals = [slice(1), slice(2)];
const back = reidentifierOf(originals, pseudonyms);

/** What a model far away makes of two de-identified slices: it knows nothing else. */
async function resultFarAway(): Promise<Uint8Array> {
  const [first, second] = await Promise.all(originals.map((one) => run(fileOf(one))));
  const seen = writableOf(readDataset(first?.bytes ?? new Uint8Array()));
  const result = new Map([...seen].filter(([tag]) => tag !== 0x00080050))
    .set(0x00080016, text('UI', '1.2.840.10008.5.1.4.1.1.88.33'))
    .set(0x00080018, text('UI', '1.2.9.1'))
    .set(0x0020000e, text('UI', '1.2.9.0'))
    .set(
      0x0040a730,
      items(
        data([
          0x0040a160,
          text('UT', `seen in ${second?.sopInstanceUid} of ${seen.get(0x00100020)?.value[0 as never]}`),
        ]),
        data([
          0x00081199,
          items(data([0x00081150, text('UI', ct)], [0x00081155, text('UI', second?.sopInstanceUid ?? '')])),
        ]),
      ),
    );
  return writePart10(result, { sopClassUid: '1.2.840.10008.5.1.4.1.1.88.33', sopInstanceUid: '1.2.9.1' });
}

describe('a result of de-identified objects', () => {
  test('as DICOM names the original objects, patient and study again', async () => {
    const far = await resultFarAway();
    expect(tracesOf(far, 'Muster')).toEqual([]);
    const dataset = readDataset(back.object(far));
    const texts = [0x00080018, 0x0020000e, 0x0020000d, 0x00200052, 0x00080050, 0x00080020].map((tag) =>
      dataset.text(tag),
    );
    expect(texts).toEqual(['1.2.9.1', '1.2.9.0', '1.2.3', '1.2.3.99', 'ACC1', '20231107']);
    const patient = [0x00100010, 0x00100020, 0x00100021, 0x00100030].map((tag) => dataset.text(tag));
    expect(patient).toEqual(['Muster^Jürg', 'MRN4711', 'HOSP', '19610913']);
    const [comment, reference] = dataset.sequence(0x0040a730);
    expect(comment?.text(0x0040a160)).toBe('seen in 1.2.3.2 of MRN4711');
    expect(reference?.sequence(0x00081199)[0]?.text(0x00081155)).toBe('1.2.3.2');
    expect([0x00120062, 0x00120063, 0x00280303].map((tag) => dataset.text(tag))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('as JSON has the original UIDs in every string', async () => {
    const { sopInstanceUid, studyInstanceUid } = await run(fileOf(slice(1)));
    const finding = {
      sopInstanceUid,
      probability: 0.5,
      study: { studyInstanceUid, instances: [{ sopInstanceUid }, null] },
      identifier: `urn:oid:${studyInstanceUid}`,
      subject: pseudonyms.patient('HOSP|MRN4711'),
      link: `https://archive.example/studies/${studyInstanceUid}/instances/${sopInstanceUid}`,
    };
    expect(back.json(finding)).toEqual({
      sopInstanceUid: '1.2.3.1',
      probability: 0.5,
      study: { studyInstanceUid: '1.2.3', instances: [{ sopInstanceUid: '1.2.3.1' }, null] },
      identifier: 'urn:oid:1.2.3',
      subject: 'MRN4711',
      link: 'https://archive.example/studies/1.2.3/instances/1.2.3.1',
    });
  });

  test('of another study or another key stays as it is', async () => {
    const other = pseudonyms.uid('1.2.4');
    expect(back.text(other)).toBe(other);
    expect(back.text('2.25.1')).toBe('2.25.1');
    expect(back.text(`${pseudonyms.uid('1.2.3')}1`)).toBe(`${pseudonyms.uid('1.2.3')}1`);
    expect(back.text(`${pseudonyms.uid('1.2.3')}.1`)).toBe(`${pseudonyms.uid('1.2.3')}.1`);
  });

  test('as DICOM is refused where it is of no study that is at hand', async () => {
    const other = new Map(slice(1)).set(0x0020000d, text('UI', '1.2.77'));
    const { bytes } = await run(fileOf(other));
    expect(() => back.object(bytes)).toThrow('BH_DICOM_STUDY_MISMATCH');
  });

  test('of several patients each finds its own', async () => {
    const other = new Map(slice(3))
      .set(0x0020000d, text('UI', '1.2.77'))
      .set(0x00100010, text('PN', 'Beispiel^Eva'))
      .set(0x00100020, text('LO', 'MRN99'));
    const both = reidentifierOf([...originals, other], pseudonyms);
    for (const original of [originals[0] as WritableDataset, other]) {
      const turnedBack = readDataset(both.object((await run(fileOf(original))).bytes));
      for (const tag of [0x00100010, 0x00100020, 0x0020000d, 0x00080018])
        expect([turnedBack.text(tag)]).toEqual(original.get(tag)?.value);
    }
  });
});
