import type { Hl7Message } from '../../../formats/hl7v2/index.ts';
import { printBundle } from '../../bundle/print.ts';
import type { Hl7ToFhirMap } from '../load.ts';
import type { ConvertContext } from '../run.ts';
import { type Change, compareConversions } from './compare.ts';
import type { Notes } from './summary.ts';

/**
 * Runs one message through two maps. Most messages give the same Bundle under both: only where they differ is asked which row makes it so.
 */
export function diffMessage(
  message: Hl7Message,
  maps: { readonly before: Hl7ToFhirMap; readonly after: Hl7ToFhirMap },
  context: ConvertContext,
): { readonly changes: readonly Change[]; readonly before: Notes; readonly after: Notes } {
  const plain = { ...context, isForFile: true };
  const before = maps.before.convert(message, plain);
  const after = maps.after.convert(message, plain);
  const textOf = (map: Hl7ToFhirMap, { bundle }: typeof before) =>
    printBundle(bundle).replaceAll(map.version, '');
  if (textOf(maps.before, before) === textOf(maps.after, after)) return { changes: [], before, after };
  const explained = { ...plain, explain: true };
  const side = (map: Hl7ToFhirMap) => ({ conversion: map.convert(message, explained), version: map.version });
  return { changes: compareConversions(side(maps.before), side(maps.after)), before, after };
}
