import type { Converter } from '../compiler/converter.ts';
import { coded } from './coded.ts';
import { attachment, referenceRange, text } from './documents.ts';
import { observationValue } from './observation-value.ts';
import { primitives } from './primitives.ts';

/** Converters that are code: what `as` of a row can name beside the datatypes of `types/`. */
export const builtInConverters: ReadonlyMap<string, Converter> = new Map([
  ...primitives,
  ...coded,
  ['OBX.value', observationValue],
  ['OBX.attachment', attachment],
  ['OBX.text', text],
  ['range', referenceRange],
] as const);
