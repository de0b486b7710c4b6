import type { Hl7Segment } from '../../../formats/hl7v2/index.ts';
import type { Run } from '../run.ts';
import { textAttachment } from './attachment.ts';
import { clean, textAt, type ValueType } from './value-type.ts';

/** A report's lines of text (OBX-2 TX or FT) as one text, for sites that want to read it as such. The first line gives it. */
export const reportTextTypes: { readonly [as: string]: ValueType } = {
  'OBX>reportText': {
    yields: ['string', 'markdown'],
    covers: 'all',
    compile: () => (run, segment, field, rep) => {
      const text = rep > 1 ? '' : clean(linesOf(run, segment, field).join('\n'));
      return text === '' ? undefined : text;
    },
  },
  'OBX>reportForm': {
    yields: ['Attachment'],
    covers: 'all',
    compile: () => (run, segment, field, rep) =>
      rep > 1 ? undefined : textAttachment(linesOf(run, segment, field)),
  },
};

/** Another order, patient or message begins. */
const ends: ReadonlySet<string> = new Set(['OBR', 'ORC', 'PID', 'MSH']);

const isLine = (segment: Hl7Segment): boolean => {
  if (segment.name !== 'OBX' || !segment.has(5)) return false;
  const type = textAt(segment, 2, 1, 0, 0);
  return type === 'TX' || type === 'FT';
};

function linesOf(run: Run, first: Hl7Segment, field: number): readonly string[] {
  const { segments } = run.message;
  if (!isLine(first) || isFollower(segments, first)) return [];
  const lines: string[] = [];
  let heading = nameOf(first);
  for (let at = first.index; at < segments.length; at++) {
    const segment = segments[at] as Hl7Segment;
    if (ends.has(segment.name)) break;
    if (!isLine(segment) || isGone(segment)) continue;
    const name = nameOf(segment);
    if (name !== heading && name !== '') lines.push('', `${name}:`);
    heading = name;
    for (let rep = 1; rep <= segment.repetitions(field); rep++) lines.push(segment.value(field, rep));
    for (const one of [3, field])
      run.take(segment, one, { rep: 0, component: 0, subcomponent: 0, covers: 'all' });
    run.take(segment, 11, { rep: 1, component: 0, subcomponent: 0, covers: 'leaf' });
  }
  return lines;
}

function isFollower(segments: readonly Hl7Segment[], segment: Hl7Segment): boolean {
  for (let at = segment.index - 1; at >= 0; at--) {
    const before = segments[at] as Hl7Segment;
    if (ends.has(before.name)) return false;
    if (isLine(before)) return true;
  }
  return false;
}

/** A line that was deleted or is wrong (HL7 table 0085 D, W, X) is no part of the text; it stays in the residue. */
const isGone = (segment: Hl7Segment): boolean => ['D', 'W', 'X'].includes(textAt(segment, 11, 1, 0, 0));

const nameOf = (segment: Hl7Segment): string =>
  textAt(segment, 3, 1, 2, 0) || textAt(segment, 3, 1, 5, 0) || textAt(segment, 3, 1, 1, 0);
