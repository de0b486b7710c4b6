import type { WritableDataset, WritableElement } from '../../formats/dicom/index.ts';

/** What stands in place of text. */
export const removedText = 'REMOVED';

const texts: Readonly<Record<string, string>> = {
  AS: '000Y',
  DA: '19000101',
  DS: '0',
  DT: '19000101000000',
  IS: '0',
  TM: '000000',
  UR: 'urn:removed',
};
const textVrs: ReadonlySet<string> = new Set(['AE', 'CS', 'LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);
const unitBytes: Readonly<Record<string, number>> = {
  AT: 4,
  FD: 8,
  FL: 4,
  OD: 8,
  OF: 4,
  OL: 4,
  OV: 8,
  SL: 4,
  SV: 8,
  UL: 4,
  UV: 8,
};

/** A value that says nothing and is valid for the VR (action D of PS3.15 E.1). Not for UI and SQ. */
export function dummyElement(vr: string): WritableElement {
  const text = texts[vr] ?? (textVrs.has(vr) ? removedText : undefined);
  return { vr, value: text === undefined ? new Uint8Array(unitBytes[vr] ?? 2) : [text] };
}

/** No value (action Z). */
export function emptyElement(vr: string): WritableElement {
  return { vr, value: [] };
}

const element = (vr: string, ...value: readonly string[]): WritableElement => ({ vr, value });

/** A code that says nothing. */
export const removedCode: ReadonlyMap<number, WritableElement> = new Map([
  [0x00080100, element('SH', removedText)],
  [0x00080102, element('SH', '99BITHIVE')],
  [0x00080104, element('LO', 'Removed')],
]);

/** The content of a structured report of which nothing may stay: one comment (DCM 121106). */
export const removedContent: readonly WritableDataset[] = [
  new Map([
    [0x0040a010, element('CS', 'CONTAINS')],
    [0x0040a040, element('CS', 'TEXT')],
    [
      0x0040a043,
      {
        vr: 'SQ',
        value: [
          new Map([
            [0x00080100, element('SH', '121106')],
            [0x00080102, element('SH', 'DCM')],
            [0x00080104, element('LO', 'Comment')],
          ]),
        ],
      },
    ],
    [0x0040a160, element('UT', removedText)],
  ]),
];
