import { describe, expect, test } from '@jest/globals';
import {
  dictionaryVr,
  readDataset,
  type WritableElement,
  writePart10,
} from '../../../formats/dicom/index.ts';
import { tagStepsByVr } from '../../../formats/dicom/tables/dictionary.ts';
import { data, items, run, text, tracesOf } from './planted.ts';

/** Every attribute of PS3.6 that the dictionary has. */
const tags = Object.values(tagStepsByVr).flatMap((steps) => {
  let tag = 0;
  return steps
    .trim()
    .split(/\s+/)
    .map((step) => {
      tag += Number.parseInt(step, 16);
      return tag;
    });
});
const who = {
  family: 'Quokkaberg',
  given: 'Wilhelmine',
  id: 'MRN47110815',
  number: '88776655443',
  born: '19610913',
  study: '1.2.276.4711.88776655443.1',
};
const file = { sopClassUid: '1.2.840.10008.5.1.4.1.1.2', sopInstanceUid: '1.2.3.4' };
const identity = data(
  [0x00080016, text('UI', file.sopClassUid)],
  [0x00080018, text('UI', '1.2.3.4')],
  [0x00100010, text('PN', `${who.family}^${who.given}`)],
  [0x00100020, text('LO', who.id)],
  [0x00100030, text('DA', who.born)],
  [0x00101000, text('LO', who.number)],
  [0x0020000d, text('UI', who.study)],
  [0x0020000e, text('UI', '1.2.3.5')],
);

/** A value of the VR that names the patient, as far as the VR can; what is no valid value of it is tried as well. */
function planted(tag: number): WritableElement | undefined {
  const known = dictionaryVr(tag);
  const vr = known === 'xs' ? 'US' : known === 'ox' || known === 'lt' ? 'OW' : known;
  const values: Readonly<Record<string, WritableElement>> = {
    AE: text('AE', who.family),
    AS: text('AS', who.family),
    CS: text('CS', who.family.toUpperCase()),
    DA: text('DA', who.born),
    DS: text('DS', who.family),
    DT: text('DT', `${who.born}101112`),
    IS: text('IS', who.number),
    TM: text('TM', who.family),
    UI: text('UI', who.study),
    UR: text('UR', `http://h/${who.id}`),
  };
  if (values[vr] !== undefined) return values[vr];
  if (['LO', 'SH', 'PN', 'UC', 'LT', 'ST', 'UT'].includes(vr))
    return text(vr, `of ${who.family} ${who.id} ${who.born}`);
  if (vr === 'SQ')
    return items(data([0x00080104, text('LO', `for ${who.given}`)], [0x00081155, text('UI', who.study)]));
  return /^[A-Z]{2}$/.test(vr)
    ? { vr, value: new Uint8Array(Buffer.from(`${who.family}${who.family}    `)) }
    : undefined;
}

/** Pixels are what is sent, and group 0002 is no part of a data set. */
const plants = tags
  .filter(
    (tag) =>
      tag >>> 16 !== 0x7fe0 &&
      tag >>> 16 !== 2 &&
      tag >>> 16 !== 0xfffe &&
      !identity.has(tag) &&
      (tag & 0xffff) !== 0,
  )
  .filter((tag) => ![0x00080005, 0x00041220].includes(tag))
  .flatMap((tag) => {
    const element = planted(tag);
    return element === undefined ? [] : [[tag, element] as const];
  });
const settings = { documents: 'replace', structuredContent: 'replace', pixels: 'keep' };
const optionsTried = [
  [],
  ['clean-descriptors', 'clean-structured-content', 'clean-graphics'],
  [
    'retain-modified-dates',
    'retain-safe-private',
    'retain-device-identity',
    'retain-institution-identity',
    'retain-patient-characteristics',
  ],
];

/** Attributes that are looked at together; one by one where something is found. */
const batch = 100;

async function isLeaking(some: typeof plants, options: readonly string[]): Promise<boolean> {
  const places = [new Map([...identity, ...some]), new Map(identity).set(0x00081250, items(data(...some)))];
  for (const dataset of places) {
    const { bytes } = await run(writePart10(dataset, file), { ...settings, options });
    if (Object.values(who).some((needle) => tracesOf(bytes, needle).length > 0)) return true;
  }
  return false;
}

describe('the patient planted in every attribute of PS3.6', () => {
  test('there are thousands', () => {
    expect(plants.length).toBeGreaterThan(4000);
  });

  test.each(optionsTried)('leaves no trace under %s', async (...names) => {
    const options = names.filter(Boolean);
    const leaks: string[] = [];
    for (let from = 0; from < plants.length; from += batch) {
      const some = plants.slice(from, from + batch);
      if (!(await isLeaking(some, options))) continue;
      for (const one of some)
        if (await isLeaking([one], options))
          leaks.push(`${one[0].toString(16).padStart(8, '0')} ${one[1].vr}`);
    }
    expect(leaks).toEqual([]);
  });

  test('all at once, and what is read again is an object', async () => {
    const { bytes } = await run(writePart10(new Map([...identity, ...plants]), file), settings);
    expect(Object.values(who).filter((needle) => tracesOf(bytes, needle).length > 0)).toEqual([]);
    expect(readDataset(bytes).text(0x00120062)).toBe('YES');
  });
});
