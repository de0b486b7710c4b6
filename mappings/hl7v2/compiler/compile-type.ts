import { BitHiveError } from '../../../core/errors.ts';
import type { FhirObject, FhirValue, Identifier, Resource } from '../../bundle/bundle.ts';
import { keep } from '../../bundle/kept.ts';
import { compileCondition } from '../../expression/condition.ts';
import { joinCoverage } from '../coverage.ts';
import { pathOf, type Run } from '../run.ts';
import { type Convert, partAt, type ValueType } from '../values/value-type.ts';
import { compileOutputPath } from './output-path.ts';
import { rememberPlace } from './places.ts';
import { compileRowParts, type Vocabulary } from './row-options.ts';
import type { Row, TypeFile } from './schema.ts';
import type { YamlFile } from './yaml-file.ts';

type Place = Parameters<Convert>;
type Write = (out: FhirObject, ...place: Place) => void;

/** A row that reads, with the component that it reads of a whole repetition: an empty one is not asked for. */
interface PartRow {
  readonly first: number;
  readonly write: Write;
}

/** A datatype file as a value type. A target that is a resource is added to the Bundle and gives a reference. */
export function compileType(file: YamlFile<TypeFile>, vocabulary: Vocabulary): ValueType {
  const { type, target, refer, rows } = file.content;
  const fail =
    (index: number) =>
    (why: string): never =>
      file.fail(['rows', index], `row ${rows[index]?.id}: ${why}`);
  const readers = rows.map((row, index) => ({ path: partPath(type, row, fail(index)), row, index }));
  const writes: PartRow[] = [];
  const fills: Write[] = [];
  const covers = joinCoverage(
    readers.flatMap(({ path, row }) =>
      row.as === undefined
        ? []
        : [{ path, covers: vocabulary.types.get(row.as)?.covers ?? ('leaf' as const) }],
    ),
  );
  for (const { path, row, index } of readers) {
    rememberPlace(row, () => file.at(['rows', index]));
    if (row.value !== undefined) fills.push(fixedRow(type, row, target, fail(index)));
    else if (row.as !== undefined) {
      const write = readingRow(type, row, target, path, vocabulary, fail(index));
      writes.push({ first: path[0] ?? 1, write });
    }
  }
  const space = refer?.space ?? '';
  if (refer !== undefined) rememberPlace(refer, () => file.at(['refer']));
  const compile: ValueType['compile'] = (options) => (run, segment, field, rep, component, subcomponent) => {
    const out: FhirObject = refer === undefined ? {} : { resourceType: target };
    const parts = component === 0 ? segment.parts(field, rep) : undefined;
    for (const { first, write } of writes) {
      if (parts === undefined || (first <= parts.length && parts[first - 1] !== ''))
        write(out, run, segment, field, rep, component, subcomponent);
    }
    if (isEmpty(out, refer !== undefined)) return undefined;
    for (const write of fills) write(out, run, segment, field, rep, component, subcomponent);
    if (refer !== undefined) {
      const place: Place = [run, segment, field, rep, component, subcomponent];
      return reference(place, out as Resource, space, type, refer);
    }
    if (target === 'Identifier' && out.system === undefined)
      out.system = run.site.systems.of({ namespaceId: '' }, options.space);
    return out;
  };
  const isSelfContained = rows.every(
    (row) => row.as === undefined || vocabulary.types.get(row.as)?.isSelfContained === true,
  );
  return {
    yields: refer === undefined ? [target] : ['Reference'],
    covers,
    isSelfContained,
    recurs: isSelfContained,
    compile,
  };
}

function readingRow(
  type: string,
  row: Row,
  target: string,
  path: readonly number[],
  vocabulary: Vocabulary,
  fail: (why: string) => never,
): Write {
  const parts = compileRowParts(row, target, vocabulary, fail);
  const holds = conditionOf(type, row, fail);
  const [first = 1, second = 0] = path;
  return (out, run, segment, field, rep, component, subcomponent) => {
    if (!parts.path.isAppending && parts.path.isSet(out)) return;
    if (holds !== undefined && !holds([run, segment, field, rep, component, subcomponent])) return;
    let value: FhirValue | undefined;
    if (component === 0) value = parts.convert(run, segment, field, rep, first, second);
    else if (subcomponent === 0) value = parts.convert(run, segment, field, rep, component, first);
    else if (first === 1) value = parts.convert(run, segment, field, rep, component, subcomponent);
    const { original } = run;
    run.original = undefined;
    if (value === undefined) return;
    const conflict = parts.path.conflictOf?.(out, value);
    if (conflict !== undefined) {
      run.issue('warning', 'value', pathOf(run, segment, field, rep, component, subcomponent), conflict);
      return;
    }
    parts.path.put(out, value, parts.fixed, original);
    if (run.explainer === undefined) return;
    const input =
      component === 0
        ? pathOf(run, segment, field, rep, first, second)
        : pathOf(run, segment, field, rep, component, subcomponent === 0 ? first : subcomponent);
    run.explainer.note(out, parts.path.describe(out), row, input);
  };
}

function fixedRow(type: string, row: Row, target: string, fail: (why: string) => never): Write {
  const path = compileOutputPath(target, row.to!, fail);
  const holds = conditionOf(type, row, fail);
  const value = keep(row.value) as FhirValue;
  return (out, ...place) => {
    if (holds?.(place) === false) return;
    path.put(out, value, undefined, undefined);
    place[0].explainer?.note(out, path.describe(out), row, '');
  };
}

function conditionOf(
  type: string,
  row: Row,
  fail: (why: string) => never,
): ((place: Place) => boolean) | undefined {
  if (row.when === undefined) return undefined;
  try {
    return compileCondition<Place>(row.when, (path) => {
      const [first = 1, second] = parsePart(type, path) ?? fail(`when: ${path} is no part of ${type}`);
      return ([, segment, field, rep, component, subcomponent]) => [
        second === undefined || component > 0
          ? partAt(segment, field, rep, component, subcomponent, first)
          : partAt(segment, field, rep, first, 0, second),
      ];
    });
  } catch (error) {
    if (error instanceof BitHiveError && error.code === 'BH_CONFIG_EXPRESSION')
      return fail(`when: ${error.detail}`);
    throw error;
  }
}

/** `XPN.1.2` of its row, or the one that `from` names. */
function partPath(type: string, row: Row, fail: (why: string) => never): readonly number[] {
  if (row.value !== undefined) return [];
  const text = typeof row.from === 'string' ? row.from : row.id;
  return parsePart(type, text) ?? fail(`${text} is no part of ${type}`);
}

function parsePart(type: string, text: string): readonly number[] | null {
  const match = /^([A-Z]{2,3})\.(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null || match[1] !== type) return null;
  return match[3] === undefined ? [Number(match[2])] : [Number(match[2]), Number(match[3])];
}

function isEmpty(out: FhirObject, isResource: boolean): boolean {
  for (const name in out) if (!isResource || name !== 'resourceType') return false;
  return true;
}

function reference(
  place: Place,
  resource: Resource,
  space: string,
  type: string,
  refer: { readonly key: readonly string[]; readonly display?: string | undefined },
): FhirObject {
  const [run, segment, field, rep, component, subcomponent] = place;
  const part = (path: string): string => {
    const [first = 1, second = 0] = parsePart(type, path) ?? [];
    return second === 0 || component > 0
      ? partAt(segment, field, rep, component, subcomponent, first)
      : partAt(segment, field, rep, first, 0, second);
  };
  const identifier = identifierOf(run, resource, space, refer.key.map(part));
  const { site } = run;
  const uuid = site.uuid(resource.resourceType, identifier.system, identifier.value);
  if (run.explainer !== undefined) {
    const maker = { label: `${type}>${resource.resourceType}`, thing: refer, input: pathOf(...place) };
    run.explainer.made(`urn:uuid:${uuid}`, maker);
  }
  return { reference: run.add('ensure', uuid, resource, identifier) };
}

/** The first business identifier; without one, an identifier of ours over the parts that the file names. */
function identifierOf(run: Run, resource: Resource, space: string, parts: readonly string[]): Identifier {
  const first = (resource.identifier as FhirObject[] | undefined)?.[0];
  if (typeof first?.value === 'string') {
    if (typeof first.system !== 'string') first.system = run.site.systems.of({ namespaceId: '' }, space);
    return { system: first.system as string, value: first.value };
  }
  const own = {
    system: run.site.systems.local(space),
    value: run.site.uuid(resource.resourceType, ...parts),
  };
  resource.identifier = [{ ...own }];
  return own;
}
