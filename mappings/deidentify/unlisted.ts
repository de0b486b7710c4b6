import { dictionaryVr, isPixelDataTag, type WritableElement } from '../../formats/dicom/index.ts';
import { cleanedText, type Inside } from './apply-action.ts';
import { dummyElement, removedCode, removedText } from './dummy-value.ts';
import { itemsOf, textOf, textsOf } from './element-values.ts';
import { newUid } from './new-uid.ts';
import { shiftDate } from './shift-date.ts';
import { whatMayStay } from './what-may-stay.ts';

/** What tells of an animal, and how identifiers are made: not who it is. All else of group 0010 that the table does not name goes. */
const keptOfPatient: ReadonlySet<number> = new Set([
  0x00100022, 0x00100024, 0x00102201, 0x00102202, 0x00102292, 0x00102293, 0x00102294, 0x00102296, 0x00109431,
]);
/** UIDs of classes, code systems and their tables. */
const keptUids: ReadonlySet<number> = new Set([
  0x00080016, 0x0008001a, 0x0008001b, 0x00080062, 0x0008010c, 0x0008010d, 0x00080117, 0x00080118, 0x00081150,
  0x0008115a, 0x00020010, 0x00041512,
]);
/** MAC parameters of signatures that are gone, and attributes that an earlier de-identification encrypted (PS3.15 E.1.1). */
const removed: ReadonlySet<number> = new Set([0x4ffe0001, 0x04000500]);
/** What PS3.6 registers; a number of a patient does not fit into its parts. */
const standardUid = /^1\.2\.840\.10008(?:\.\d{1,4}){1,8}$/;
const codeTags = { value: 0x00080100, scheme: 0x00080102, meaning: 0x00080104 } as const;
const graphicDataTag = 0x00700022;
const urnCode = 0x00080120;
const groups = { command: 0x0000, fileMeta: 0x0002, directory: 0x0004 } as const;
const freeText: ReadonlySet<string> = new Set(['LT', 'ST', 'UT']);
const shortText: ReadonlySet<string> = new Set(['LO', 'SH', 'UC']);

/**
 * An attribute that Table E.1-1 does not name. The standard keeps it; so does this, unless it is a name, free text, a date, an address, a UID
 * of an instance, or something that no dictionary knows, and unless it holds an identifier that the object has elsewhere.
 */
export function cleanUnlisted(
  tag: number,
  element: WritableElement,
  inside: Inside,
): WritableElement | undefined {
  const { counts } = inside.cleaning;
  const result = clean(tag, element, inside);
  if (result !== element && element.vr !== 'SQ') counts.unlisted += 1;
  if (result === undefined || result.vr === 'SQ') return result;
  return whatMayStay(result, inside.cleaning);
}

function clean(tag: number, element: WritableElement, inside: Inside): WritableElement | undefined {
  const { vr } = element;
  const group = tag >>> 16;
  if (group === groups.command || group === groups.fileMeta || group === groups.directory) return undefined;
  if (group === 0x0010 && !keptOfPatient.has(tag)) return undefined;
  if (vr === 'UN' || removed.has(tag) || isPixelDataTag(tag) || dictionaryVr(tag) === 'UN') return undefined;
  const { mode } = inside.where;
  if (vr === 'SQ') {
    const items = mode === 'dummy' ? itemsOf(element).slice(0, 1) : itemsOf(element);
    return { vr, value: inside.cleanItems(items, mode, inside.cleaning) };
  }
  switch (vr) {
    case 'PN':
    case 'AE':
      return undefined;
    case 'UR':
      return tag === urnCode ? element : undefined;
    case 'DA':
    case 'DT':
    case 'TM':
      return date(element, inside);
    case 'UI':
      return uid(tag, element, inside);
  }
  if (freeText.has(vr)) return words(element, inside);
  if (mode === 'dummy') return dummyOf(tag, element);
  if (mode === 'cleaned' && shortText.has(vr)) return cleanedInSequence(tag, element, inside);
  return element;
}

function date(element: WritableElement, { cleaning }: Inside): WritableElement {
  const { options } = cleaning.policy;
  const { vr } = element;
  if (options.has('retain-full-dates')) return element;
  if (options.has('retain-modified-dates')) {
    if (vr === 'TM') return element;
    const moved = textsOf(element).map((text) => shiftDate(text, cleaning.shiftDays));
    if (moved.every((text) => text !== undefined)) return { vr, value: moved };
  }
  return dummyElement(vr);
}

function uid(tag: number, element: WritableElement, { cleaning }: Inside): WritableElement {
  const texts = textsOf(element);
  const mayStay = (text: string): boolean =>
    standardUid.test(text) || (keptUids.has(tag) && /^[\d.]{1,64}$/.test(text));
  if (cleaning.policy.options.has('retain-uids') || texts.every(mayStay)) return element;
  return { vr: 'UI', value: texts.map((text) => (mayStay(text) ? text : newUid(text, cleaning))) };
}

/** Free text stays only as far as it is made of words that name nobody, and only where descriptions are to be cleaned. */
function words(element: WritableElement, { cleaning, where }: Inside): WritableElement {
  const { options } = cleaning.policy;
  const texts = textsOf(element).filter((text) => text !== '');
  if (texts.length === 0) return element;
  const mayClean = options.has('clean-descriptors') || where.mode === 'cleaned';
  return (
    (mayClean ? cleanedText(element.vr, texts, cleaning) : undefined) ?? {
      vr: element.vr,
      value: [removedText],
    }
  );
}

/** The form of a sequence without its content. */
function dummyOf(tag: number, element: WritableElement): WritableElement {
  const code = removedCode.get(tag);
  if (code !== undefined) return code;
  if (tag === graphicDataTag && element.value instanceof Uint8Array)
    return { vr: element.vr, value: new Uint8Array(element.value.length) };
  return shortText.has(element.vr) ? dummyElement(element.vr) : element;
}

/** Codes of a public scheme mean the same everywhere; those of a hospital may mean a person. */
function cleanedInSequence(tag: number, element: WritableElement, inside: Inside): WritableElement {
  const { dataset, cleaning } = inside;
  const isCode = dataset.has(codeTags.scheme) && removedCode.has(tag);
  const isPublic = !/^(99|L$|.*LOCAL)/i.test(textOf(dataset, codeTags.scheme));
  if (isCode && (isPublic || tag !== codeTags.meaning)) return element;
  const texts = textsOf(element).filter((text) => text !== '');
  if (texts.length === 0) return element;
  return cleanedText(element.vr, texts, cleaning) ?? dummyElement(element.vr);
}
