import { type BuiltElement, dicomFile, el, encodeElements } from '../../test/formats/dicom/object-builder.ts';

/** What is sent of one instance: everything before the pixels, and the pixels, which all share. */
export interface CtSlice {
  readonly sopInstanceUid: string;
  readonly header: Buffer;
  readonly pixels: Buffer;
}

const ctImage = '1.2.840.10008.5.1.4.1.1.2';
const side = 512;
/** 512 x 512 of 16 bits. */
export const slicePixels = Buffer.alloc(side * side * 2, 0x5a);
const instancesPerStudy = 100;

let made = 0;
/** So many slices were made by this process so far. */
export const slicesMade = (): number => made;

/** All of one length, so that a header is a copy of one that was made before, with other digits. */
const uid = (kind: number, count: number): string =>
  `1.2.826.0.1.3680043.10.${10_000_000 + process.pid}.${kind}.${1_000_000_000 + count}`;

/**
 * The attributes that a CT scanner writes: the mandatory modules of the CT Image IOD (PS3.3 A.3) with most of their optional ones, a code sequence, and a private
 * block. A receiver that indexes reads them all.
 */
const attributes = (sop: string, study: string, series: string): readonly BuiltElement[] => [
  el(0x00080005, 'CS', 'ISO_IR 100'),
  el(0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'),
  el(0x00080012, 'DA', '20260304'),
  el(0x00080013, 'TM', '105039'),
  el(0x00080016, 'UI', ctImage),
  el(0x00080018, 'UI', sop),
  el(0x00080020, 'DA', '20260304'),
  el(0x00080021, 'DA', '20260304'),
  el(0x00080022, 'DA', '20260304'),
  el(0x00080023, 'DA', '20260304'),
  el(0x00080030, 'TM', '104607'),
  el(0x00080031, 'TM', '105002'),
  el(0x00080032, 'TM', '105028.120000'),
  el(0x00080033, 'TM', '105039.480000'),
  el(0x00080050, 'SH', 'ACC-1'),
  el(0x00080060, 'CS', 'CT'),
  el(0x00080070, 'LO', 'BITHIVE BENCH'),
  el(0x00080080, 'LO', 'Hospital of the Bench'),
  el(0x00080090, 'PN', 'Referrer^Rita'),
  el(0x00081010, 'SH', 'CT-1'),
  el(0x00081030, 'LO', 'CT ABDOMEN WITH CONTRAST'),
  el(0x00081032, 'SQ', [
    [
      el(0x00080100, 'SH', 'CTABDC'),
      el(0x00080102, 'SH', '99BENCH'),
      el(0x00080104, 'LO', 'CT abdomen with contrast'),
    ],
  ]),
  el(0x0008103e, 'LO', 'AXIAL 1.25'),
  el(0x00081070, 'PN', 'Operator^Otto'),
  el(0x00081090, 'LO', 'Model 64'),
  el(0x00100010, 'PN', 'Bench^Berta'),
  el(0x00100020, 'LO', 'PAT-1'),
  el(0x00100030, 'DA', '19660101'),
  el(0x00100040, 'CS', 'F'),
  el(0x00101010, 'AS', '060Y'),
  el(0x00101030, 'DS', '71.5'),
  el(0x00180010, 'LO', 'IV CONTRAST'),
  el(0x00180015, 'CS', 'ABDOMEN'),
  el(0x00180022, 'CS', 'HELICAL MODE'),
  el(0x00180050, 'DS', '1.250000'),
  el(0x00180060, 'DS', '120'),
  el(0x00180090, 'DS', '500.000000'),
  el(0x00181000, 'LO', '0000004711'),
  el(0x00181020, 'LO', '7.1.2'),
  el(0x00181030, 'LO', 'Abdomen 1.25'),
  el(0x00181100, 'DS', '415.000000'),
  el(0x00181110, 'DS', '949.075012'),
  el(0x00181111, 'DS', '541.000000'),
  el(0x00181120, 'DS', '0.000000'),
  el(0x00181130, 'DS', '156.899994'),
  el(0x00181140, 'CS', 'CW'),
  el(0x00181150, 'IS', '504'),
  el(0x00181151, 'IS', '300'),
  el(0x00181152, 'IS', '5100'),
  el(0x00181160, 'SH', 'BODY FILTER'),
  el(0x00181170, 'IS', '36000'),
  el(0x00181190, 'DS', '1.200000'),
  el(0x00181210, 'SH', 'STANDARD'),
  el(0x00185100, 'CS', 'FFS'),
  el(0x00189311, 'FD', [0.984]),
  el(0x00190010, 'LO', 'BENCH_ACQU_01'),
  ...privateBlock(0x0019, 24),
  el(0x0020000d, 'UI', study),
  el(0x0020000e, 'UI', series),
  el(0x00200010, 'SH', '1'),
  el(0x00200011, 'IS', '2'),
  el(0x00200012, 'IS', '1'),
  el(0x00200013, 'IS', '1'),
  el(0x00200032, 'DS', '-235.199997\\-226.800003\\-126.690002'),
  el(0x00200037, 'DS', '1.000000\\0.000000\\0.000000\\0.000000\\1.000000\\0.000000'),
  el(0x00200052, 'UI', '1.2.826.0.1.3680043.10.1'),
  el(0x00201040, 'LO', 'SN'),
  el(0x00201041, 'DS', '-126.690002'),
  el(0x00280002, 'US', [1]),
  el(0x00280004, 'CS', 'MONOCHROME2'),
  el(0x00280010, 'US', [side]),
  el(0x00280011, 'US', [side]),
  el(0x00280030, 'DS', '0.810547\\0.810547'),
  el(0x00280100, 'US', [16]),
  el(0x00280101, 'US', [16]),
  el(0x00280102, 'US', [15]),
  el(0x00280103, 'US', [1]),
  el(0x00281050, 'DS', '40'),
  el(0x00281051, 'DS', '400'),
  el(0x00281052, 'DS', '-1024'),
  el(0x00281053, 'DS', '1'),
  el(0x00281054, 'LO', 'HU'),
  el(0x00400244, 'DA', '20260304'),
  el(0x00400245, 'TM', '104607'),
  el(0x00400253, 'SH', 'PPS-1'),
];

const kinds = { sop: 1, study: 2, series: 3 } as const;
type Names = Readonly<Record<keyof typeof kinds, string>>;
const namesOf = (count: number): Names => ({
  sop: uid(kinds.sop, count),
  study: uid(kinds.study, Math.floor(count / instancesPerStudy)),
  series: uid(kinds.series, Math.floor(count / instancesPerStudy)),
});

function headerOf({ sop, study, series }: Names): Buffer {
  const meta = [
    el(0x00020001, 'OB', Uint8Array.of(0, 1)),
    el(0x00020002, 'UI', ctImage),
    el(0x00020003, 'UI', sop),
    el(0x00020010, 'UI', '1.2.840.10008.1.2.1'),
    el(0x00020012, 'UI', '1.2.826.0.1.3680043.10.2'),
  ];
  const bytesCount = encodeElements(meta, { isImplicit: false, isBigEndian: false }).length;
  const pixels = el(0x7fe00010, 'OW', slicePixels);
  const file = dicomFile([...attributes(sop, study, series), pixels], {
    meta: [el(0x00020000, 'UL', [bytesCount]), ...meta],
  });
  return file.subarray(0, file.length - slicePixels.length);
}

const template = headerOf(namesOf(0));
const places = Object.entries(namesOf(0)).flatMap(([name, text]) => {
  const found: { readonly name: keyof Names; readonly at: number }[] = [];
  for (let at = template.indexOf(text); at >= 0; at = template.indexOf(text, at + 1))
    found.push({ name: name as keyof Names, at });
  return found;
});

/** A CT slice under UIDs of its own, a hundred to a study. */
export function nextSlice(): CtSlice {
  made += 1;
  const names = namesOf(made);
  const header = Buffer.from(template);
  for (const { name, at } of places) header.write(names[name], at, 'latin1');
  return { sopInstanceUid: names.sop, header, pixels: slicePixels };
}

function privateBlock(group: number, count: number): readonly BuiltElement[] {
  return Array.from({ length: count }, (_, index) => el(group * 0x10000 + 0x1001 + index, 'SL', [index]));
}
