import type { Hl7Segment } from '../../../formats/hl7v2/index.ts';
import type { FhirObject } from '../../bundle/bundle.ts';
import type { Run } from '../run.ts';
import { encapsulatedData, referencePointer, textAttachment } from './attachment.ts';
import { readDateTime } from './date-time.ts';
import { clean, textAt, type ValueType } from './value-type.ts';

/** Types of OBX-5 that are the text of a document. What has another type is a finding of its own. */
const textTypes = new Set(['TX', 'FT', 'ST', '']);
const typeOf = (segment: Hl7Segment): string => textAt(segment, 2, 1, 0, 0).toUpperCase();
const isText = (segment: Hl7Segment): boolean => segment.name === 'OBX' && textTypes.has(typeOf(segment));

/**
 * OBX-5 of a document (MDM) as an Attachment: bytes (ED), a pointer (RP), or text. Lines of text stand in an OBX each; those that follow
 * each other are one text, with their notes, and a line that names what follows where OBX-3 changes. The first of them gives it.
 */
export const documentContent: ValueType = {
  yields: ['Attachment'],
  covers: 'all',
  compile: (options) => {
    const data = encapsulatedData.compile(options);
    const pointer = referencePointer.compile(options);
    return (run, segment, field, rep) => {
      const type = typeOf(segment);
      if (type === 'ED' || type === 'RP') {
        const read = type === 'ED' ? data : pointer;
        const attachment = read(run, segment, field, rep, 0, 0) as FhirObject | undefined;
        return attachment && described(run, segment, attachment);
      }
      if (!textTypes.has(type) || rep > 1 || isFollower(run, segment)) return undefined;
      const lines = linesFrom(run, segment);
      const attachment = textAttachment(lines);
      return attachment && described(run, segment, attachment);
    };
  },
};

/** Whether the text goes on from an OBX before it. */
function isFollower(run: Run, segment: Hl7Segment): boolean {
  for (let at = segment.index - 1; at >= 0; at--) {
    const before = run.message.segments[at] as Hl7Segment;
    if (isText(before) && before.has(5)) return true;
    if (!continues(before) && !isText(before)) return false;
  }
  return false;
}

/** Segments that may stand between two lines of a text. */
const continues = ({ name }: Hl7Segment): boolean => name === 'NTE' || name.startsWith('Z');

function linesFrom(run: Run, first: Hl7Segment): readonly string[] {
  const { segments } = run.message;
  const names = namesOf(run, first);
  const lines: string[] = [];
  let heading = names.length > 1 ? '' : names[0];
  for (let at = first.index; at < segments.length; at++) {
    const segment = segments[at] as Hl7Segment;
    if (isText(segment)) {
      const name = nameOf(segment);
      if (name !== heading && name !== '') lines.push(`${name}:`);
      heading = name;
      addLines(lines, run, segment, 5);
      takeName(run, segment);
    } else if (segment.name === 'NTE') addLines(lines, run, segment, 3);
    else if (!continues(segment)) break;
  }
  return lines;
}

/** What the lines of one text are about, in order; one name needs no heading. */
function namesOf(run: Run, first: Hl7Segment): readonly string[] {
  const { segments } = run.message;
  const names = new Set<string>();
  for (let at = first.index; at < segments.length; at++) {
    const segment = segments[at] as Hl7Segment;
    if (isText(segment)) names.add(nameOf(segment));
    else if (!continues(segment)) break;
  }
  return [...names];
}

/** Texts of OBX-3 in order of preference; a code is better than no name. */
const nameParts = [2, 5, 1] as const;
const nameAt = (segment: Hl7Segment): number =>
  nameParts.find((part) => textAt(segment, 3, 1, part, 0) !== '') ?? 2;
const nameOf = (segment: Hl7Segment): string => textAt(segment, 3, 1, nameAt(segment), 0);

function addLines(lines: string[], run: Run, segment: Hl7Segment, field: number): void {
  const reps = segment.repetitions(field);
  for (let rep = 1; rep <= reps; rep++) {
    const line = segment.value(field, rep);
    if (line !== '""') lines.push(line);
  }
  if (reps > 0) take(run, segment, field);
}

const take = (run: Run, segment: Hl7Segment, field: number): void =>
  run.take(segment, field, { rep: 0, component: 0, subcomponent: 0, covers: 'all' });

const takeName = (run: Run, segment: Hl7Segment): void =>
  run.take(segment, 3, { rep: 1, component: nameAt(segment), subcomponent: 0, covers: 'leaf' });

function described(run: Run, segment: Hl7Segment, attachment: FhirObject): FhirObject {
  const title = clean(nameOf(segment));
  if (title !== '') {
    attachment.title = title;
    takeName(run, segment);
  }
  const made = readDateTime(textAt(segment, 14, 1, 0, 0), run.messageOffset, run.site.settings.zone);
  if (made.text !== undefined && made.fault === undefined) {
    attachment.creation = made.text;
    take(run, segment, 14);
  }
  return attachment;
}
