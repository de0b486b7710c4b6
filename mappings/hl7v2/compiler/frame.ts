import { BitHiveError } from '../../../core/errors.ts';
import { compilePath, type Hl7Segment } from '../../../formats/hl7v2/index.ts';
import { compileCondition } from '../../expression/condition.ts';
import { clean } from '../values/value-type.ts';

/** The segments that one resource is made of, by slot: a row asks for slot 3, not for a name. */
export interface Frame {
  readonly anchor: Hl7Segment;
  /** Number of the group, -1 outside of groups, and what kind of group it is. */
  readonly group: number;
  readonly kind: string | undefined;
  readonly slots: readonly (readonly Hl7Segment[])[];
}

/** Settings of the site that conditions may ask for: `$reportText`. */
export type AskedSettings = Readonly<Record<string, string>>;

/** Numbers the segment names that the rows of one resource read. */
export class Slots {
  readonly names: string[] = [];
  readonly settings: AskedSettings;

  constructor(settings: AskedSettings) {
    this.settings = settings;
  }

  of(segment: string): number {
    const known = this.names.indexOf(segment);
    return known >= 0 ? known : this.names.push(segment) - 1;
  }
}

/** A place in a message as rows name it: `PID-5`, `MSH-9.2`, `PID-5.1.2`; 0 stands for the whole of a level. */
export interface SourcePath {
  readonly slot: number;
  readonly field: number;
  readonly component: number;
  readonly subcomponent: number;
}

export function parseSource(text: string, slots: Slots): SourcePath | null {
  const match = /^([A-Z][A-Z0-9]{2})-(\d{1,3})(?:\.(\d{1,3})(?:\.(\d{1,3}))?)?$/.exec(text);
  if (match === null) return null;
  return {
    slot: slots.of(match[1]!),
    field: Number(match[2]),
    component: Number(match[3] ?? 0),
    subcomponent: Number(match[4] ?? 0),
  };
}

/** Text of a source in its first segment of the frame and first repetition; '' when absent, null, or nothing but separators. */
export function readSource(frame: Frame, source: SourcePath): string {
  const segment = frame.slots[source.slot]?.[0];
  if (segment === undefined) return '';
  if (source.component === 0)
    return isValued(segment, source.field) ? clean(segment.value(source.field, 1)) : '';
  const text = segment.get(
    source.field,
    1,
    source.component,
    source.subcomponent === 0 ? 1 : source.subcomponent,
  );
  return text === '""' ? '' : clean(text);
}

/** What a condition compares: the first component of a field, or, where that is empty, whatever else is in it. */
function conditionText(frame: Frame, source: SourcePath): string {
  if (source.component !== 0) return readSource(frame, source);
  const first = clean(frame.slots[source.slot]?.[0]?.get(source.field) ?? '');
  return first === '' ? readSource(frame, source) : first;
}

function isValued(segment: Hl7Segment, field: number): boolean {
  if (/^[0-9A-Za-z]/.test(segment.raw(field, 1))) return true;
  const components = segment.components(field);
  for (let component = 1; component <= components; component++) {
    const parts = segment.subcomponents(field, 1, component);
    for (let part = 1; part <= parts; part++) {
      const text = segment.raw(field, 1, component, part);
      if (text !== '' && text !== '""' && clean(text) !== '') return true;
    }
  }
  return false;
}

/** A condition over a frame. A path is a source, or a segment's name (`PV1 valued`). Throws BH_CONFIG_EXPRESSION. */
export function frameCondition(text: string, slots: Slots): (frame: Frame) => boolean {
  return compileCondition<Frame>(text, (path) => {
    if (/^[A-Z][A-Z0-9]{2}$/.test(path)) {
      const slot = slots.of(path);
      return (frame) => (frame.slots[slot]!.length > 0 ? [path] : []);
    }
    if (path.startsWith('$')) {
      const value = slots.settings[path.slice(1)];
      if (value === undefined) throw new BitHiveError('BH_HL7_PATH', `${path}: no setting of the site`);
      return () => [value];
    }
    const source = parseSource(path, slots);
    if (source !== null) return (frame) => [conditionText(frame, source)];
    // Paths that name a segment or repetition by number are the parser's affair, over the whole message.
    compilePath(path);
    throw new BitHiveError(
      'BH_HL7_PATH',
      `${path}: rows read the first segment and repetition; leave the numbers out`,
    );
  });
}
