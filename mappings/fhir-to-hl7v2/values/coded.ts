import type { Converter } from '../compiler/converter.ts';
import { trimmed } from '../compiler/converter.ts';
import { isObject, listOf } from '../resource-graph.ts';
import type { Json, JsonObject, OutboundRun } from '../run.ts';
import { leafText } from './digits.ts';
import { cleanText } from './primitives.ts';

/** The parts of a CWE (HL7 v2.5.1 2.A.13) of a CodeableConcept, a Coding, or a code alone. */
export function conceptParts(run: OutboundRun, node: Json): readonly string[] {
  if (!isObject(node)) return [leafText(node)];
  const codings = listOf(node.coding ?? (node.code === undefined ? undefined : node)).filter(isObject);
  const text = cleanText(leafText(node.text));
  const [first, second] = codings;
  if (first === undefined) return text === '' ? [] : ['', text];
  const one = codingParts(run, first);
  const other = second === undefined ? ['', '', '', ''] : codingParts(run, second);
  const original = text === one[1] ? '' : text;
  return [one[0], one[1], one[2], other[0], other[1], other[2], one[3], other[3], original].map(
    (part) => part ?? '',
  );
}

function codingParts(run: OutboundRun, coding: JsonObject): readonly [string, string, string, string] {
  const system = leafText(coding.system);
  return [
    leafText(coding.code),
    cleanText(leafText(coding.display)),
    system === '' ? '' : run.codeSystem(system),
    leafText(coding.version),
  ];
}

const concept: Converter = (run, node) => trimmed(conceptParts(run, node));

/** The code alone, of the first coding that has one; by a table where there is one. */
const code: Converter = (_run, node, { table, fallback }) => {
  const codings = isObject(node) ? listOf(node.coding ?? node).filter(isObject) : [];
  const codes = isObject(node) ? codings.map((one) => leafText(one.code)) : [leafText(node)];
  if (table === undefined) return codes.find((one) => one !== '');
  return codes.map((one) => table.find(one)?.target).find((one) => one !== undefined) ?? fallback;
};

/**
 * OBX-3 of the text of a report: its code with the suffix that says which part of a report it is (HL7 v2.5.1 7.2.4), `IMP` the impression,
 * `GDT` the whole.
 */
const suffixed =
  (suffix: string): Converter =>
  (run, node) => {
    const [first = '', ...others] = conceptParts(run, node);
    return trimmed([[first, suffix], ...others]);
  };

export const coded: readonly (readonly [name: string, converter: Converter])[] = [
  ['CWE', concept],
  ['code', code],
  ['CWE&IMP', suffixed('IMP')],
  ['CWE&GDT', suffixed('GDT')],
];
