import { assert } from '../../../core/assert.ts';
import { dictionaryVr } from '../dictionary.ts';
import { tagOf } from '../keyword.ts';
import type { WritableDataset, WritableElement } from './writable.ts';

/** A value by keyword: one or several; undefined leaves the element out, null writes it empty (type 2). */
export type KeywordValue =
  | string
  | number
  | readonly string[]
  | readonly number[]
  | Uint8Array
  | readonly WritableDataset[]
  | WritableElement
  | null
  | undefined;

/**
 * A data set by the keywords of PS3.6, as the standard's own tables name them. The VR is the dictionary's; where the object decides
 * (US or SS, OB or OW) the value says it: `{ vr: 'OB', value }`. A keyword that PS3.6 does not have is a bug.
 */
export function datasetOf(values: Readonly<Record<string, KeywordValue>>): WritableDataset {
  const dataset = new Map<number, WritableElement>();
  for (const [keyword, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const tag = tagOf(keyword);
    assert(tag !== undefined, `PS3.6 has no ${keyword}`);
    dataset.set(tag, elementOf(keyword, dictionaryVr(tag), value));
  }
  return dataset;
}

function elementOf(keyword: string, vr: string, value: Exclude<KeywordValue, undefined>): WritableElement {
  if (isElement(value)) return value;
  assert(/^[A-Z]{2}$/.test(vr), `${keyword} does not say whether it is US or SS, OB or OW`);
  if (value === null) return { vr, value: [] };
  if (typeof value === 'string') return { vr, value: [value] };
  if (typeof value === 'number') return { vr, value: [value] };
  return { vr, value };
}

function isElement(value: Exclude<KeywordValue, undefined>): value is WritableElement {
  return typeof value === 'object' && value !== null && 'vr' in value;
}
