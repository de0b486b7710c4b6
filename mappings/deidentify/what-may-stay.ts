import type { WritableElement } from '../../formats/dicom/index.ts';
import type { Cleaning } from './cleaning.ts';
import { dummyElement, removedText } from './dummy-value.ts';
import { textsOf } from './element-values.ts';
import { newUid } from './new-uid.ts';

/** What values of a VR are made of (PS3.5 6.2). A value of another form is text that somebody put there. */
const forms: Readonly<Record<string, RegExp>> = {
  AS: /^(?:\d{3}[DWMY])?$/,
  DA: /^(?:\d{4}\.?\d\d\.?\d\d)?$/,
  DS: /^[\d.eE+-]*$/,
  DT: /^(?:\d{4}[\d.+-]{0,22})?$/,
  IS: /^[+-]?\d*$/,
  TM: /^(?:\d\d[\d:.]{0,14})?$/,
  UI: /^[\d.]{0,64}$/,
};
const texts: ReadonlySet<string> = new Set(['AE', 'CS', 'LO', 'LT', 'SH', 'ST', 'UC', 'UR', 'UT']);

/**
 * A value that is to stay, without what it must not hold: a name, a number or a date that the object has elsewhere, or text where the VR has none.
 * A whole number may be somebody's (a series numbered by who is on it); measurements are left alone.
 */
export function whatMayStay(element: WritableElement, cleaning: Cleaning): WritableElement {
  const { identifiers, counts, policy } = cleaning;
  const { vr, value } = element;
  if (value instanceof Uint8Array) {
    if (!identifiers.isInBytes(value)) return element;
    counts.identifiers += 1;
    return { vr, value: new Uint8Array(value.length) };
  }
  const isSearched = texts.has(vr) || vr === 'IS' || (vr === 'UI' && !policy.options.has('retain-uids'));
  const mayStay = (text: string): boolean =>
    forms[vr]?.test(text) !== false && !(isSearched && identifiers.isIn(text, vr));
  const given = textsOf(element);
  if (given.every(mayStay)) return element;
  counts.identifiers += 1;
  return { vr, value: given.map((text) => (mayStay(text) ? text : inPlaceOf(text, vr, cleaning))) };
}

function inPlaceOf(text: string, vr: string, cleaning: Cleaning): string {
  if (vr === 'UI') return newUid(text, cleaning);
  return textsOf(dummyElement(vr))[0] ?? removedText;
}
