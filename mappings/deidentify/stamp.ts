import {
  implementationVersionName,
  type WritableDataset,
  type WritableElement,
} from '../../formats/dicom/index.ts';
import { itemsOf, textOf } from './element-values.ts';
import type { DeidentifyPolicy } from './policy.ts';
import { basicProfileCode, cleanPixelsCode, profileOptions } from './profile-options.ts';

const tag = {
  identityRemoved: 0x00120062,
  method: 0x00120063,
  methodCodes: 0x00120064,
  burnedIn: 0x00280301,
  temporal: 0x00280303,
  codeValue: 0x00080100,
  scheme: 0x00080102,
  meaning: 0x00080104,
} as const;

const text = (vr: string, ...value: readonly string[]): WritableElement => ({ vr, value });

/**
 * How the object says that it was de-identified and by what (PS3.15 E.2 and PS3.3 C.7.1.1, C.12.1): codes that an earlier pass gave stay, its
 * words do not.
 *
 * @param arePixelsClean text that was burned in was blackened
 */
export function stamp(
  dataset: WritableDataset,
  original: WritableDataset,
  policy: DeidentifyPolicy,
  arePixelsClean: boolean,
): WritableDataset {
  const { options } = policy;
  const own = [
    basicProfileCode,
    ...(arePixelsClean ? [cleanPixelsCode] : []),
    ...profileOptions.filter(({ name }) => options.has(name)),
  ];
  const codes = new Map([
    ...earlierCodes(original),
    ...own.map(({ code, meaning }) => [code, meaning] as const),
  ]);
  const temporal = options.has('retain-full-dates')
    ? 'UNMODIFIED'
    : options.has('retain-modified-dates')
      ? 'MODIFIED'
      : 'REMOVED';
  const stamped = new Map(dataset)
    .set(tag.identityRemoved, text('CS', 'YES'))
    .set(tag.method, text('LO', `${implementationVersionName} PS3.15 E.1 2024b`))
    .set(tag.methodCodes, {
      vr: 'SQ',
      value: [...codes]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([code, meaning]) => codeItem(code, meaning)),
    })
    .set(tag.temporal, text('CS', temporal));
  return arePixelsClean ? stamped.set(tag.burnedIn, text('CS', 'NO')) : stamped;
}

const codeItem = (code: string, meaning: string): WritableDataset =>
  new Map([
    [tag.codeValue, text('SH', code)],
    [tag.scheme, text('SH', 'DCM')],
    [tag.meaning, text('LO', meaning)],
  ]);

/** Codes of CID 7050 only, under the names that they have there. */
function earlierCodes(original: WritableDataset): ReadonlyMap<string, string> {
  const known = new Map(
    [basicProfileCode, cleanPixelsCode, ...profileOptions].map(({ code, meaning }) => [code, meaning]),
  );
  return new Map(
    itemsOf(original.get(tag.methodCodes)).flatMap((item) => {
      const code = textOf(item, tag.codeValue);
      const meaning = known.get(code);
      return meaning === undefined || textOf(item, tag.scheme) !== 'DCM' ? [] : [[code, meaning] as const];
    }),
  );
}
