import { type Converter, trimmed } from '../compiler/converter.ts';
import { isObject, listOf } from '../resource-graph.ts';
import { leafText } from './digits.ts';
import { timestampOf } from './timestamp.ts';

/** HL7 lines end with CR; within a text a line feed becomes `\.br\`. */
export const cleanText = (text: string): string => text.replace(/\r\n?/g, '\n').trim();

/** A leaf as text; with a table the code of the receiver, else `fallback`; an issue where there is neither. */
const string: Converter = (run, node, { table, fallback }) => {
  const text = cleanText(leafText(node));
  if (text === '' || table === undefined) return text === '' ? undefined : text;
  const row = table.find(text);
  if (row !== undefined) return row.target;
  run.issues.push({ severity: 'warning', row: table.name, text: `${text.slice(0, 64)} is not in the table` });
  return fallback;
};

/** The words of an HD setting: `NAMESPACE^universal id^type`. */
const party: Converter = (_run, node) => trimmed(leafText(node).split('^'));

const flag: Converter = (_run, node) => (node === true ? 'Y' : node === false ? 'N' : undefined);

const moment: Converter = (run, node) => timestampOf(leafText(node), run.settings.zone) || undefined;
const date: Converter = (_run, node) => timestampOf(leafText(node).slice(0, 10), undefined) || undefined;

const system: Converter = (run, node) => {
  return trimmed(run.assigner(leafText(node)));
};
const systemPart =
  (part: 0 | 1 | 2): Converter =>
  (run, node) =>
    run.assigner(leafText(node))[part] || undefined;

/** Lines of an address as SAD: street, then what else there is. */
const joined =
  (mark: string): Converter =>
  (_run, node) =>
    listOf(node).map(leafText).join(mark) || undefined;

/** The id of an `urn:oid:` or as it is. */
const uid: Converter = (_run, node) => leafText(node).replace(/^urn:oid:/, '') || undefined;

const narrative: Converter = (_run, node) => {
  const div = isObject(node) ? leafText(node.div) : '';
  return cleanText(div.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')) || undefined;
};

export const primitives: readonly (readonly [name: string, converter: Converter])[] = [
  ['string', string],
  ['party', party],
  ['YN', flag],
  ['TS', moment],
  ['DT', date],
  ['HD', system],
  ['HD.1', systemPart(0)],
  ['HD.2', systemPart(1)],
  ['HD.3', systemPart(2)],
  ['joined', joined(' ')],
  ['UID', uid],
  ['narrative', narrative],
];
