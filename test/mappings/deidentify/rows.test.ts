import { describe, expect, test } from '@jest/globals';
import {
  dictionaryVr,
  readDataset,
  type WritableDataset,
  type WritableElement,
  writableOf,
  writePart10,
} from '../../../formats/dicom/index.ts';
import { data, items, pseudonyms, run, text, tracesOf } from './planted.ts';
import { optionsOf, readSecondSource, type SecondRow } from './second-source.ts';

/** Attributes younger than the dictionary (PS3.6 2024b). */
const youngVrs: Readonly<Record<string, string>> = {
  ...{ '00080017': 'UI', '00080019': 'UI', '00081088': 'LO', '00102161': 'SQ', '00120022': 'LO' },
  ...{ '00120023': 'SQ', '00120032': 'LO', '00120041': 'LO', '00120043': 'LO', '00120055': 'LO' },
  ...{ '00120073': 'LO', '00181204': 'DA', '00181205': 'DA', '00200027': 'LO', '003A0329': 'LO' },
  ...{ '003A032B': 'LO', '30020121': 'LO', '30020123': 'LT', '3006002D': 'DT', '3006002E': 'DT' },
  ...{ '3006004D': 'SQ', '3006004E': 'SQ', '300A0054': 'UI', '00001000': 'UI', '00001001': 'UI' },
};
const rows = readSecondSource();
const options = [
  ...['retain-safe-private', 'retain-uids', 'retain-device-identity', 'retain-institution-identity'],
  ...['retain-patient-characteristics', 'retain-full-dates', 'retain-modified-dates', 'clean-descriptors'],
  ...['clean-structured-content', 'clean-graphics'],
];
/** Group 0002 is of the file, not of a data set: see `file meta`. */
const planted = rows.filter(({ tag }) => tag !== '00020003');

interface Plant {
  readonly row: SecondRow;
  readonly tag: number;
  readonly element: WritableElement;
  /** Text that must not be found where nothing is kept. */
  readonly marker: string;
}

const tagOf = (tag: string): number =>
  Number.parseInt(tag.replace('xxxxxx', '020010').replaceAll('x', '0'), 16);

function vrOf(row: SecondRow, tag: number): string {
  const vr = youngVrs[row.tag] ?? dictionaryVr(tag);
  if (vr === 'ox' || vr === 'lt') return 'OW';
  return vr === 'xs' ? 'US' : vr;
}

/** Every row has words, dates and numbers that no other has. */
function plantOf(row: SecondRow, at: number): Plant {
  const tag = tagOf(row.tag);
  const vr = vrOf(row, tag);
  const marker = `Quokka${letters(at)}zy`;
  const date = new Date(Date.UTC(1931, 0, 1) + at * 86_400_000)
    .toISOString()
    .slice(0, 10)
    .replaceAll('-', '');
  const values: Readonly<Record<string, WritableElement>> = {
    AE: text('AE', `QK${letters(at)}`),
    AS: text('AS', '077Y'),
    CS: text('CS', `QUO${letters(at).toUpperCase()}`),
    DA: text('DA', date),
    DS: text('DS', '77.125'),
    DT: text('DT', `${date}101112`),
    IS: text('IS', '77125'),
    SQ: items(
      data(
        [0x00080100, text('SH', `Q${letters(at)}`)],
        [0x00080102, text('SH', '99QK')],
        [0x00080104, text('LO', marker)],
        [0x00081155, text('UI', `1.2.3.${at}.1`)],
      ),
    ),
    TM: text('TM', '101112.5'),
    UI: text('UI', `1.2.3.${at}`),
    UR: text('UR', `http://${marker}.example/`),
    US: { vr: 'US', value: Uint8Array.of(0x20, 0x1e) },
  };
  const isText = ['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT'].includes(vr);
  const element =
    values[vr] ??
    (isText ? text(vr, marker) : { vr, value: new Uint8Array(Buffer.from(`${marker}${marker}`)) });
  const own = {
    AE: `QK${letters(at)}`,
    CS: `QUO${letters(at).toUpperCase()}`,
    DA: date,
    DT: date,
    UI: `1.2.3.${at}`,
  };
  return { row, tag, element, marker: own[vr as keyof typeof own] ?? marker };
}

const letters = (at: number): string =>
  [at % 26, Math.floor(at / 26) % 26, Math.floor(at / 676)].map((n) => String.fromCharCode(97 + n)).join('');

const plants = planted.map(plantOf);
const ct = '1.2.840.10008.5.1.4.1.1.2';
const classes = [ct, '1.2.840.10008.5.1.4.1.1.88.33', '1.2.840.10008.5.1.4.1.1.999'];

const frame = (sopClassUid: string): WritableDataset =>
  data(
    [0x00080016, text('UI', sopClassUid)],
    [0x00080018, text('UI', '1.2.3.900.1')],
    [0x00080060, text('CS', 'CT')],
    [0x0020000d, text('UI', '1.2.3.900.2')],
    [0x0020000e, text('UI', '1.2.3.900.3')],
  );
const all = (): WritableDataset => new Map(plants.map(({ tag, element }) => [tag, element]));
const places: Readonly<Record<string, (sopClassUid: string) => WritableDataset>> = {
  'at the top': (sopClassUid) => new Map([...frame(sopClassUid), ...all()]),
  'in a sequence': (sopClassUid) => new Map(frame(sopClassUid)).set(0x00081250, items(all())),
  'two sequences down': (sopClassUid) =>
    new Map(frame(sopClassUid)).set(0x52009229, items(data([0x00081250, items(all())]))),
};
const file = (dataset: WritableDataset): Uint8Array =>
  writePart10(dataset, { sopClassUid: ct, sopInstanceUid: '1.2.3.900.1' });

/** What the second source says of a row under one option. */
function expectedOf(row: SecondRow, option: string | undefined): string {
  return (option === undefined ? undefined : optionsOf(row)[option]) ?? row.basic;
}

/** Why what is there is not what the action asks for; undefined when it is. */
function fault(
  action: string,
  { element, marker, tag }: Plant,
  found: WritableElement | undefined,
): string | undefined {
  const forms = action.split('/');
  const isEmpty = found !== undefined && lengthOf(found) === 0;
  const holdsMarker = found !== undefined && JSON.stringify(found, plain).includes(marker);
  const outcome =
    found === undefined ? 'X' : isEmpty ? 'Z' : holdsMarker || isSame(found, element) ? 'K' : 'D';
  // A time is moved by whole days, so it stays: PS3.15 E.3.6 asks for the intervals to be kept.
  if (action === 'C') return outcome === 'K' && element.vr !== 'TM' ? 'not cleaned' : undefined;
  if (forms.includes('U') || forms.includes('U*')) {
    if (element.vr === 'SQ') return uidFault(found);
    const mapped =
      typeof element.value[0 as never] === 'string' ? pseudonyms.uid(element.value[0 as never]) : '';
    return JSON.stringify(found?.value) === JSON.stringify([mapped]) ? undefined : 'not the new UID';
  }
  // Zero may be what the device measured: D of a number is a number.
  if (forms.includes(outcome)) return undefined;
  // Patient ID gets a pseudonym, which is a dummy value.
  if (tag === 0x00100020 && outcome === 'D') return undefined;
  return `expected ${action}, found ${outcome}`;
}

function uidFault(found: WritableElement | undefined): string | undefined {
  if (found === undefined || lengthOf(found) === 0) return undefined;
  return /"1\.2\.3\./.test(JSON.stringify(found, plain)) ? 'an original UID is left' : undefined;
}

const plain = (_key: string, value: unknown): unknown => {
  if (value instanceof Map) return [...value];
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
};
const lengthOf = ({ value }: WritableElement): number =>
  'length' in value ? value.length : value.fragments.length;
const isSame = (a: WritableElement, b: WritableElement): boolean =>
  JSON.stringify(a, plain) === JSON.stringify(b, plain);

function at(dataset: WritableDataset, place: string): WritableDataset {
  if (place === 'at the top') return dataset;
  const inItem = (from: WritableDataset, tag: number): WritableDataset => {
    const value = from.get(tag)?.value;
    const item = Array.isArray(value) ? value[0] : undefined;
    return item instanceof Map ? item : new Map();
  };
  return place === 'in a sequence'
    ? inItem(dataset, 0x00081250)
    : inItem(inItem(dataset, 0x52009229), 0x00081250);
}

describe.each(Object.keys(places))('each row of Table E.1-1, %s', (place) => {
  describe.each(classes)('of an object of class %s', (sopClassUid) => {
    test.each([undefined, ...options])('under the option %s', async (option) => {
      const dataset = places[place]?.(sopClassUid) ?? new Map();
      const settings = {
        documents: 'replace',
        structuredContent: 'replace',
        ...(option ? { options: [option] } : {}),
      };
      const { bytes } = await run(file(dataset), settings);
      const left = at(writableOf(readDataset(bytes)), place);
      const faults = plants.flatMap((plant) => {
        const why = fault(expectedOf(plant.row, option), plant, left.get(plant.tag));
        return why === undefined ? [] : [`${plant.row.tag}: ${why}`];
      });
      expect(faults).toEqual([]);
      const leaks = plants
        .filter(({ row }) => !['K'].includes(expectedOf(row, option)))
        .filter(({ marker }) => tracesOf(bytes, marker).length > 0);
      expect(leaks.map(({ row }) => row.tag)).toEqual([]);
    });
  });
});

describe('the row of private attributes', () => {
  const inPrivate = new Map(frame(ct))
    .set(0x00290010, text('LO', 'QUOKKA CREATOR'))
    .set(0x00291010, items(all()))
    .set(0x00291011, text('LO', 'Quokkaprivate'))
    .set(0x00081250, items(data([0x00290010, text('LO', 'QUOKKA CREATOR')], [0x00291010, items(all())])));

  test.each([undefined, ...options])(
    'nothing of a private sequence stays under the option %s',
    async (option) => {
      const { bytes, counts } = await run(file(inPrivate), option ? { options: [option] } : {});
      expect(
        [...plants.map(({ marker }) => marker), 'QUOKKA'].filter((one) => tracesOf(bytes, one).length > 0),
      ).toEqual([]);
      expect(counts.private).toBe(5);
    },
  );

  test('under retain-safe-private the listed elements stay, with numbers only', async () => {
    const siemens = (bValue: WritableElement): WritableDataset =>
      new Map(frame(ct))
        .set(0x00190010, text('LO', 'SIEMENS MR HEADER'))
        .set(0x0019100c, bValue)
        .set(0x00191099, text('LO', 'Quokka'));
    const left = async (bValue: WritableElement) => {
      const { bytes } = await run(file(siemens(bValue)), { options: ['retain-safe-private'] });
      const dataset = readDataset(bytes);
      return [0x00190010, 0x0019100c, 0x00191099].map((tag) => dataset.text(tag));
    };
    expect(await left(text('IS', '1000'))).toEqual(['SIEMENS MR HEADER', '1000', undefined]);
    expect((await left(text('IS', 'Quokka')))[1]).toBeUndefined();
    expect((await left(text('LO', '1000')))[1]).toBeUndefined();
  });
});

test('file meta: Media Storage SOP Instance UID is that of the data set, and nothing of the old group stays', async () => {
  const { bytes, sopInstanceUid } = await run(file(frame(ct)));
  expect(sopInstanceUid).toBe(pseudonyms.uid('1.2.3.900.1'));
  const meta = readDataset(bytes).meta;
  expect(meta?.text(0x00020003)).toBe(sopInstanceUid);
  expect([...(meta?.elements ?? [])].map(({ tag }) => tag & 0xffff)).toEqual([0, 1, 2, 3, 0x10, 0x12, 0x13]);
});
