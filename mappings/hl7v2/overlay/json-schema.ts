import * as z from 'zod';
import type { Json, JsonObject } from '../../../core/json.ts';
import { caseSchema } from '../cases/case-file.ts';
import { messageFileSchema, segmentFileSchema, typeFileSchema } from '../compiler/schema.ts';
import { messageChangesSchema, rowChangesSchema, siteChangesSchema } from './schema.ts';

/** Names that a map knows: what editors complete. */
export interface MapNames {
  readonly as: readonly string[];
  readonly table: readonly string[];
  /** Segment files. */
  readonly map: readonly string[];
}

/** What editors show beside a member, wherever it stands. */
const descriptions: Readonly<Record<string, string>> = {
  id: 'Names the row, mostly by the HL7 path that it reads: PID-8, XPN.1. Unique in its file.',
  from: 'HL7 path, or several of which the first that is valued counts. The id when absent.',
  to: 'FHIR path in the target, checked against R4: name[+].family. [+] adds to a list, [0] is its first item.',
  as: 'How the field is read and what it gives: DTM>date, CWE>CodeableConcept.',
  value: 'A fixed value instead of a field.',
  ignore: 'The field carries nothing for the receiver; the text says why.',
  with: 'Fixed members beside the value.',
  when: "Condition: PV1-2 = 'I' and PV1-44 valued.",
  table: 'Code table (tables/NAME.csv) that codes are looked up in.',
  codes: 'System of codes that name none: a URI, or four digits of an HL7 table.',
  space: 'What an identifier without an assigner identifies: patient, encounter, placer-order.',
  fallback: 'Code where the table has no answer and FHIR requires one of its own.',
  keep: 'source: the code that was sent stays beside the one of the table.',
  join: 'All texts of the source in one, with this between them.',
  why: 'Why it is as it is; for people.',
  add: 'Further rows or resources, each with all of its members; before or after names its place.',
  change: 'Members of a row or resource of ours that get another value; the others stay.',
  replace: 'Rows or resources that take the place of ours, whole.',
  drop: 'Ids of rows, or names of resources, of ours that are not wanted.',
  before: 'Id of the row in front of which it stands. The first row that gives a value wins.',
  after: 'Id of the row behind which it stands.',
  takes: 'Message types: ADT^A01.',
  resources: 'What the message gives.',
  facts:
    'FHIR path to value: Patient.birthDate, Observation[2].valueQuantity.value. A list of values: exactly these.',
  absent: 'FHIR paths at which nothing may be.',
  noResidue: 'HL7 paths, or beginnings of them, of which nothing may be left over; all: of none.',
  residue: 'HL7 paths of which something is left over on purpose.',
  issues: 'HL7 paths of which an issue tells; none: no warning and no error.',
  zone: 'IANA zone of times that name none.',
  reportText: 'Where the text of a report goes.',
  assigners: 'Identifier system of each assigning authority; joined with the setting site.assigners.',
  defaultAssigner: 'Assigner of patient ids that name none.',
  fallbackCharset: 'Character set of messages that declare none in MSH-18.',
  nullMarker: 'What the null of HL7 ("") leaves behind: omit, data-absent-reason.',
};

/** JSON Schemas of the files of an overlay, by file name, for `# yaml-language-server: $schema=`. */
export function overlayJsonSchemas(names: MapNames): ReadonlyMap<string, JsonObject> {
  const schemas = {
    segments: z.union([rowChangesSchema, segmentFileSchema]),
    types: z.union([rowChangesSchema, typeFileSchema]),
    messages: z.union([messageChangesSchema, messageFileSchema]),
    site: siteChangesSchema,
    tests: caseSchema,
  };
  return new Map(
    Object.entries(schemas).map(([part, schema]) => {
      const json = z.toJSONSchema(schema, { io: 'input' }) as JsonObject;
      return [`overlay-${part}.schema.json`, described(json, names) as JsonObject];
    }),
  );
}

function described(value: Json, names: MapNames): Json {
  if (Array.isArray(value)) return value.map((item: Json) => described(item, names));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([key, inner]) => [
      key,
      key === 'properties' ? members(inner as JsonObject, names) : described(inner, names),
    ]),
  );
}

function members(properties: JsonObject, names: MapNames): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      const description = descriptions[name];
      const own = { ...(completed(name, described(schema, names) as JsonObject, names) as object) };
      return [name, description === undefined ? own : { description, ...own }];
    }),
  );
}

/** A site may have names of its own: those that are known are offered, others pass. */
function completed(name: string, schema: JsonObject, names: MapNames): JsonObject {
  const known = name === 'as' || name === 'table' || name === 'map' ? names[name] : undefined;
  return known === undefined || schema.type !== 'string'
    ? schema
    : { anyOf: [{ enum: known }, { type: 'string' }] };
}
