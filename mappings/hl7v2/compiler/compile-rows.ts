import { BitHiveError } from '../../../core/errors.ts';
import type { Hl7Segment } from '../../../formats/hl7v2/index.ts';
import { type FhirObject, type FhirValue, isObject } from '../../bundle/bundle.ts';
import { keep } from '../../bundle/kept.ts';
import type { Coverage } from '../coverage.ts';
import { pathOf, type Run, type Taken } from '../run.ts';
import { remembered } from '../values/remembered.ts';
import type { Convert } from '../values/value-type.ts';
import { type Frame, frameCondition, parseSource, type Slots, type SourcePath } from './frame.ts';
import { compileOutputPath, fill } from './output-path.ts';
import { rememberPlace } from './places.ts';
import { compileRowParts, fixedOf, type RowParts, type Vocabulary } from './row-options.ts';
import type { Row, SegmentFile } from './schema.ts';
import type { YamlFile } from './yaml-file.ts';

type Write = (run: Run, frame: Frame, target: FhirObject) => void;

/** A row compiled: writes what its segments say into a resource. */
export interface CompiledRow {
  /** Slot and field of a row that reads one field: when nothing was sent there, it has nothing to do. -1: it looks for itself. */
  readonly slot: number;
  readonly field: number;
  readonly write: Write;
}

/** Runs rows in their order. Most rows of most messages find nothing: that is asked here, before anything is called. */
export function writeRows(rows: readonly CompiledRow[], run: Run, frame: Frame, target: FhirObject): void {
  for (let at = 0; at < rows.length; at++) {
    const { slot, field, write } = rows[at]!;
    if (slot < 0 || hasField(frame.slots[slot]!, field)) write(run, frame, target);
  }
}

function hasField(segments: readonly Hl7Segment[], field: number): boolean {
  for (let at = 0; at < segments.length; at++) if (segments[at]!.has(field)) return true;
  return false;
}

/** Compiles the rows of a segment file. `slots` collects the segments that they read; ignored fields are reported to `ignore`. */
export function compileRows(
  file: YamlFile<SegmentFile>,
  vocabulary: Vocabulary,
  slots: Slots,
  ignore: (segment: string, field: number) => void,
): readonly CompiledRow[] {
  const { target, rows } = file.content;
  const writes: CompiledRow[] = [];
  for (const [index, row] of rows.entries()) {
    const fail = (why: string): never => file.fail(['rows', index], `row ${row.id}: ${why}`);
    rememberPlace(row, () => file.at(['rows', index]));
    if (row.ignore !== undefined && row.when !== undefined) writes.push(passingRow(row, slots, fail));
    else if (row.ignore !== undefined) {
      const source = parseSource(row.id, slots) ?? fail('an ignored row is named after its field');
      ignore(slots.names[source.slot]!, source.field);
    } else if (row.value !== undefined) writes.push(fixedRow(row, target, slots, fail));
    else if (row.join !== undefined) writes.push(joiningRow(row, target, vocabulary, slots, fail));
    else writes.push(readingRow(row, target, vocabulary, slots, fail));
  }
  return writes;
}

/** An ignored field that another row's decision stands on: it counts as read only where that is so. */
function passingRow(row: Row, slots: Slots, fail: (why: string) => never): CompiledRow {
  const sources = sourcesOf(row, 'all', slots, fail);
  const holds = conditionOf(row, slots, fail);
  const write: Write = (run, frame) => {
    if (holds?.(frame) === false) return;
    for (const { slot, field, taken } of sources)
      for (const segment of frame.slots[slot]!) if (segment.has(field)) run.take(segment, field, taken);
  };
  return { slot: -1, field: 0, write };
}

function fixedRow(row: Row, target: string, slots: Slots, fail: (why: string) => never): CompiledRow {
  const path = compileOutputPath(target, row.to!, fail);
  const value = keep(row.value) as FhirValue;
  const holds = conditionOf(row, slots, fail);
  path.checkFixed(row.with, fail);
  const fixed = fixedOf(row.with);
  const write: Write = (run, frame, out) => {
    if (holds?.(frame) === false || (!path.isAppending && path.isSet(out))) return;
    path.put(out, value, fixed, undefined);
    run.explainer?.note(out, path.describe(out), row, '');
  };
  return { slot: -1, field: 0, write };
}

function readingRow(
  row: Row,
  target: string,
  vocabulary: Vocabulary,
  slots: Slots,
  fail: (why: string) => never,
): CompiledRow {
  const parts = remembering(compileRowParts(row, target, vocabulary, fail));
  const sources = sourcesOf(row, parts.type.covers, slots, fail);
  const holds = conditionOf(row, slots, fail);
  const { path } = parts;
  const { isAppending } = path;
  const isOneValue = !isAppending && !path.isChoice;
  const write: Write = (run, frame, out) => {
    if (isOneValue && path.isSet(out)) return;
    if (holds?.(frame) === false) return;
    for (const source of sources) {
      let isWritten = false;
      for (const segment of frame.slots[source.slot]!) {
        if (!segment.has(source.field)) continue;
        const reps = isAppending ? segment.repetitions(source.field) : 1;
        for (let rep = 1; rep <= reps; rep++)
          isWritten = writeOne(run, row, parts, segment, source, out, rep) || isWritten;
        if (isWritten && !isAppending) return;
      }
      if (isWritten) return;
    }
  };
  const [only] = sources;
  return sources.length === 1 && only !== undefined
    ? { slot: only.slot, field: only.field, write }
    : { slot: -1, field: 0, write };
}

/** A row with `join`: everything that its sources say, as one text. */
function joiningRow(
  row: Row,
  target: string,
  vocabulary: Vocabulary,
  slots: Slots,
  fail: (why: string) => never,
): CompiledRow {
  const parts = compileRowParts(row, target, vocabulary, fail);
  if (!parts.type.yields.includes('string')) fail(`${row.as} gives no text to join`);
  const sources = sourcesOf(row, parts.type.covers, slots, fail);
  const holds = conditionOf(row, slots, fail);
  const write: Write = (run, frame, out) => {
    if ((!parts.path.isAppending && parts.path.isSet(out)) || holds?.(frame) === false) return;
    const texts: string[] = [];
    for (const source of sources)
      for (const segment of frame.slots[source.slot]!) addTexts(texts, run, row.id, parts, segment, source);
    if (texts.length === 0) return;
    parts.path.put(out, texts.join(row.join), parts.fixed, undefined);
    run.explainer?.note(out, parts.path.describe(out), row, typeof row.from === 'string' ? row.from : row.id);
  };
  return { slot: -1, field: 0, write };
}

function addTexts(
  texts: string[],
  run: Run,
  id: string,
  { convert }: RowParts,
  segment: Hl7Segment,
  { field, component, subcomponent, taken }: RowSource,
): void {
  run.row = id;
  if (!segment.has(field)) return;
  const reps = segment.repetitions(field);
  for (let rep = 1; rep <= reps; rep++) {
    const text = convert(run, segment, field, rep, component, subcomponent);
    if (typeof text !== 'string') continue;
    run.take(segment, field, taken.rep === 0 || rep === 1 ? taken : { ...taken, rep });
    texts.push(text);
  }
}

/** Fixed values that go into the value itself are remembered with it. */
function remembering(parts: RowParts): RowParts {
  const { type, path, fixed, convert } = parts;
  if (type.recurs !== true) return parts;
  const isInside = fixed !== undefined && path.fillsValue && !('system' in fixed) && !('value' in fixed);
  if (!isInside) return { ...parts, convert: remembered(convert) };
  const filled: Convert = (...place) => {
    const value = convert(...place);
    if (isObject(value)) fill(value, fixed);
    return value;
  };
  return { ...parts, convert: remembered(filled), fixed: undefined };
}

function writeOne(
  run: Run,
  row: Row,
  { path, convert, fixed }: RowParts,
  segment: Hl7Segment,
  source: RowSource,
  out: FhirObject,
  rep: number,
): boolean {
  const { field, component, subcomponent } = source;
  run.row = row.id;
  const raw = component === 0 ? segment.raw(field, rep) : segment.raw(field, rep, component);
  if (raw === '""') {
    writeDeletion(run, segment, source, out, path.describe(out));
    return false;
  }
  run.explainer?.reads(row, pathOf(run, segment, field, rep, component, subcomponent));
  const value = convert(run, segment, field, rep, component, subcomponent);
  const { original } = run;
  run.original = undefined;
  if (value === undefined) return false;
  const conflict = path.conflictOf?.(out, value);
  if (conflict !== undefined) {
    run.issue('warning', 'value', pathOf(run, segment, field, rep, component, subcomponent), conflict);
    return false;
  }
  const { taken } = source;
  run.take(segment, field, taken.rep === 0 || rep === 1 ? taken : { ...taken, rep });
  let chosen: string | undefined;
  if (path.isChoice) {
    const [name, one] = value as unknown as readonly [string, FhirValue];
    chosen = name;
    if (out[name] === undefined) out[name] = one;
  } else path.put(out, value, fixed, original);
  if (run.explainer !== undefined) {
    const input = pathOf(run, segment, field, rep, component, subcomponent);
    run.explainer.note(out, chosen ?? path.describe(out), row, input);
  }
  return true;
}

const dataAbsent = keep({
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
});

/** HL7's null: the sender deletes the value. The snapshot leaves the element out, so that the PUT removes it; the issue says so. */
function writeDeletion(
  run: Run,
  segment: Hl7Segment,
  source: RowSource,
  out: FhirObject,
  output: string,
): void {
  const { field, component, subcomponent } = source;
  run.take(segment, field, { rep: 0, component, subcomponent, covers: 'all' });
  run.issue(
    'information',
    'deleted',
    pathOf(run, segment, field),
    `deleted by the sender: ${explained(out, output)}`,
  );
  const isTop = /^[a-z][A-Za-z]*$/.test(output);
  if (run.site.settings.nullMarker === 'data-absent-reason' && isTop) out[`_${output}`] = dataAbsent;
}

const explained = (out: FhirObject, path: string): string =>
  typeof out.resourceType === 'string' ? `${out.resourceType}.${path}` : path;

/** A source, and what a read of its first repetition takes. */
interface RowSource extends SourcePath {
  readonly taken: Taken;
}

function sourcesOf(
  row: Row,
  covers: Coverage,
  slots: Slots,
  fail: (why: string) => never,
): readonly RowSource[] {
  const texts = row.from === undefined ? [row.id] : typeof row.from === 'string' ? [row.from] : row.from;
  return texts.map((text) => {
    const source = parseSource(text, slots) ?? fail(`cannot read the source ${text}`);
    const { component, subcomponent } = source;
    return { ...source, taken: { rep: covers === 'all' ? 0 : 1, component, subcomponent, covers } };
  });
}

function conditionOf(
  row: Row,
  slots: Slots,
  fail: (why: string) => never,
): ((frame: Frame) => boolean) | undefined {
  if (row.when === undefined) return undefined;
  try {
    return frameCondition(row.when, slots);
  } catch (error) {
    if (error instanceof BitHiveError && error.code === 'BH_CONFIG_EXPRESSION')
      return fail(`when: ${error.detail}`);
    throw error;
  }
}
