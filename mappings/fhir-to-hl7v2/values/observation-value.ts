import type { FieldValue } from '../../../formats/hl7v2/index.ts';
import type { Converter, Fields } from '../compiler/converter.ts';
import { trimmed } from '../compiler/converter.ts';
import { isObject } from '../resource-graph.ts';
import type { Json, JsonObject, OutboundRun } from '../run.ts';
import { conceptParts } from './coded.ts';
import { leafText } from './digits.ts';
import { cleanText } from './primitives.ts';
import { timeOf, timestampOf } from './timestamp.ts';

/** OBX-2, OBX-5 and OBX-6. */
function obx(type: string, value: FieldValue | undefined, unit?: FieldValue): Fields | undefined {
  if (value === undefined || value === '') return undefined;
  return { fields: { 2: type, 5: value, ...(unit === undefined ? {} : { 6: unit }) } };
}

/**
 * `value[x]` of an Observation or component as OBX-2, OBX-5 and OBX-6 (HL7 v2.5.1 7.4.2). A number with a comparator is SN, so that `<5`
 * never leaves as 5; what has no type of its own in HL7 leaves as text, with an issue.
 */
export const observationValue: Converter = (run, node) => {
  if (!isObject(node)) return undefined;
  const name = Object.keys(node).find((key) => /^value[A-Z]/.test(key));
  const value = name === undefined ? undefined : node[name];
  if (name === undefined || value === undefined || value === null) return undefined;
  const write = writers[name.slice(5)];
  const made = write?.(run, value);
  if (made !== undefined) return made;
  run.issues.push({ severity: 'warning', row: 'OBX-5', text: `${name} leaves as text` });
  return obx('ST', cleanText(JSON.stringify(value)).slice(0, textCharsMax));
};

const textCharsMax = 10_000;
const stCharsMax = 199;
type Write = (run: OutboundRun, value: Json) => Fields | undefined;

const writers: { readonly [type: string]: Write } = {
  Quantity: quantity,
  Integer: (_run, value) => obx('NM', leafText(value)),
  String: (_run, value) => textFields(leafText(value), 'ST'),
  CodeableConcept: (run, value) => obx(codedType(run), trimmed(conceptParts(run, value))),
  Boolean: (run, value) =>
    obx(
      codedType(run),
      value === true ? ['Y', 'Yes', 'HL70136'] : value === false ? ['N', 'No', 'HL70136'] : undefined,
    ),
  DateTime: (run, value) => {
    const moment = timestampOf(leafText(value), run.settings.zone);
    return obx(moment.length <= 8 ? 'DT' : isBefore(run, 2.6) ? 'TS' : 'DTM', moment);
  },
  Time: (_run, value) => obx('TM', timeOf(leafText(value))),
  Period: (run, value) => {
    if (!isObject(value)) return undefined;
    const [start, end] = [value.start, value.end].map((one) => timestampOf(leafText(one), run.settings.zone));
    return obx('DR', trimmed([start ?? '', end ?? '']));
  },
  Range: (run, value) => {
    const [low, high] = pair(value, 'low', 'high');
    if (low === undefined && high === undefined) return undefined;
    const [from, to] = [low, high].map((one) => leafText(one?.value));
    const parts =
      from !== '' && to !== '' ? ['', from!, '-', to!] : from === '' ? ['<=', to!] : ['>=', from!];
    return obx('SN', parts, unitOf(run, low ?? high));
  },
  Ratio: (run, value) => {
    const [top, bottom] = pair(value, 'numerator', 'denominator');
    const [above, below] = [leafText(top?.value), leafText(bottom?.value)];
    const isPlain = top?.comparator === undefined && bottom?.comparator === undefined;
    const isOneUnit =
      leafText(top?.unit) === leafText(bottom?.unit) && leafText(top?.code) === leafText(bottom?.code);
    if (above === '' || below === '' || !isPlain || !isOneUnit) return undefined;
    return obx('SN', ['', above, ':', below], unitOf(run, top));
  },
};

/** Lines become repetitions of TX (HL7 v2.5.1 2.A.78); a short text may be ST. */
export function textFields(sent: string, short: 'ST' | 'TX'): Fields | undefined {
  const text = cleanText(sent);
  const lines = text.split('\n');
  if (lines.length > 1) return obx('TX', { repetitions: lines });
  return obx(text.length > stCharsMax ? 'TX' : short, text);
}

/** The grammar of NM: anything else must not look like a number. */
const strict = /^[+-]?(\d+\.?\d*|\.\d+)$/;

function quantity(run: OutboundRun, value: Json): Fields | undefined {
  if (!isObject(value)) return undefined;
  const digits = leafText(value.value);
  if (!strict.test(digits)) return undefined;
  const comparator = leafText(value.comparator);
  const unit = unitOf(run, value);
  return comparator === '' ? obx('NM', digits, unit) : obx('SN', [comparator, digits], unit);
}

/** OBX-6: code, text and system where the unit is coded; else its text in the place of the code, where every receiver looks for it. */
function unitOf(run: OutboundRun, value: JsonObject | undefined): FieldValue | undefined {
  const [code, unit, system] = [value?.code, value?.unit, value?.system].map((one) => leafText(one));
  if (code === undefined || code === '') return unit === '' ? undefined : unit;
  return trimmed([code, unit === code ? '' : (unit ?? ''), system ? run.codeSystem(system) : '']);
}

function pair(
  value: Json,
  one: string,
  other: string,
): readonly [JsonObject | undefined, JsonObject | undefined] {
  const at = (name: string): JsonObject | undefined => {
    const part = isObject(value) ? value[name] : undefined;
    return isObject(part) ? part : undefined;
  };
  return [at(one), at(other)];
}

const isBefore = ({ settings }: OutboundRun, version: number): boolean =>
  Number.parseFloat(settings.version) < version;

const codedType = (run: OutboundRun): string => (isBefore(run, 2.5) ? 'CE' : 'CWE');
