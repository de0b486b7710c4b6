import { parse } from 'yaml';
import { type Hl7Message, parseMessage } from '../../formats/hl7v2/index.ts';
import {
  type Change,
  compareHl7,
  type MapSet,
  outboundSettingsSchema,
  parseWithDigits,
} from '../../mappings/index.ts';

/** Two versions of the map. */
export interface TwoMaps {
  readonly before: MapSet;
  readonly after: MapSet;
}

/** What the `hl7v2` steps of a channel make otherwise of a message as it came in, one after another. */
export function diffEdits(
  message: Hl7Message,
  channelText: string,
  { before, after }: TwoMaps,
): readonly Change[] {
  const files = editFilesOf(channelText);
  const differing = files.filter((file) => before.edit(file)?.version !== after.edit(file)?.version);
  if (differing.length === 0) return [];
  const edited = (maps: MapSet) =>
    files.reduce((bytes, file) => maps.edit(file)?.edit(parseMessage(bytes)).bytes ?? bytes, message.print());
  return compareHl7(edited(before), edited(after), differing.join(', '));
}

/** What becomes otherwise of a FHIR body that leaves as HL7 v2, under the settings that a step has when it names none. */
export function diffOutbound(
  body: string,
  context: { readonly receivedAtMs: number; readonly controlId: string },
  { before, after }: TwoMaps,
): readonly Change[] {
  const settings = outboundSettingsSchema.parse({});
  const [old = [], fresh = []] = [before, after].map(
    ({ fhirToHl7 }) => fhirToHl7.convert(parseWithDigits(body), settings, context).messages,
  );
  return Array.from({ length: Math.max(old.length, fresh.length) }, (_, at) => at).flatMap((at) => {
    const [was, is] = [old[at], fresh[at]];
    const type = is?.type ?? was?.type ?? '';
    if (was !== undefined && is !== undefined) return compareHl7(was.bytes, is.bytes, type);
    const kind = was === undefined ? ('added' as const) : ('removed' as const);
    return [{ kind, resource: type, fullUrl: '', path: '(message)', row: '', file: '' }];
  });
}

/** Files of rows that the steps of a channel name, in their order. The text has passed the schema of channels. */
function editFilesOf(channelText: string): readonly string[] {
  const { steps = [] } = (parse(channelText) ?? {}) as { readonly steps?: readonly unknown[] };
  return steps.flatMap((step) => {
    if (typeof step !== 'object' || step === null || !('hl7v2' in step)) return [];
    const given: unknown = step.hl7v2;
    if (typeof given === 'string') return [given];
    return typeof given === 'object' && given !== null && 'file' in given ? [String(given.file)] : [];
  });
}
