import type { Hl7Message, Hl7Segment } from '../../../formats/hl7v2/index.ts';
import type { Frame, Slots } from './frame.ts';
import type { Groups } from './grouping.ts';
import type { MessageFile, ResourceSpec } from './schema.ts';

/** The groups of a name in the message at work. */
export type GroupsOf = (group: string) => Groups;

/** For a resource outside of groups: which segments belong to some group, so that an order's OBX is not the patient's. */
export function allGroups(file: MessageFile, groups: GroupsOf): readonly Groups[] {
  const names = Object.keys(file.groups).filter((name) => !file.groups[name]!.spans);
  return names.map(groups);
}

/** One frame per resource that the message gives of this kind. */
export function framesOf(
  message: Hl7Message,
  spec: ResourceSpec,
  anchors: readonly string[],
  slots: Slots,
  groups: Groups | undefined,
  others: readonly Groups[],
): readonly Frame[] {
  const frames = framesAnywhere(message, spec, anchors, slots, groups, others);
  return spec.follows.length === 0 || frames.length === 0 ? frames : following(message, spec, frames);
}

/** Those whose anchor stands behind one of the segments that it must follow, with nothing between but its like and `through`. */
function following(
  { segments }: Hl7Message,
  { follows, through }: ResourceSpec,
  frames: readonly Frame[],
): readonly Frame[] {
  let owner = '';
  let at = 0;
  return frames.filter(({ anchor }) => {
    for (; at < anchor.index; at++) {
      const { name } = segments[at]!;
      if (name !== anchor.name && !through.includes(name) && !name.startsWith('Z')) owner = name;
    }
    return follows.includes(owner);
  });
}

function framesAnywhere(
  message: Hl7Message,
  spec: ResourceSpec,
  anchors: readonly string[],
  slots: Slots,
  groups: Groups | undefined,
  others: readonly Groups[],
): readonly Frame[] {
  if (groups === undefined && anchors.length === 1 && others.length === 0)
    return ungroupedFrames(message, spec, anchors[0]!, slots);
  const isGrouped = (segment: Hl7Segment): boolean =>
    others.some(({ numbers }) => numbers[segment.index]! >= 0);
  const byGroup = new Map<number, Hl7Segment[]>();
  for (const name of anchors) {
    for (const segment of message.all(name)) {
      const group = groups === undefined ? -1 : groups.numbers[segment.index]!;
      if (groups === undefined ? isGrouped(segment) : group < 0) continue;
      const found = byGroup.get(group);
      if (found === undefined) byGroup.set(group, [segment]);
      else if (spec.each) found.push(segment);
    }
  }
  const frames: Frame[] = [];
  for (const [group, found] of byGroup) {
    const shared = sharedSlots(message, spec, slots, group, groups);
    for (const anchor of found) frames.push(frameOf(message, spec, anchor, group, slots, shared));
  }
  return anchors.length > 1 ? frames.sort((a, b) => a.group - b.group) : frames;
}

/** Most messages have no groups: every segment of the name is an anchor. */
function ungroupedFrames(
  message: Hl7Message,
  spec: ResourceSpec,
  anchor: string,
  slots: Slots,
): readonly Frame[] {
  const all = message.all(anchor);
  if (all.length === 0) return noFrames;
  const shared = sharedSlots(message, spec, slots, -1, undefined);
  if (!spec.each || all.length === 1) return [frameOf(message, spec, all[0]!, -1, slots, shared)];
  return all.map((segment) => frameOf(message, spec, segment, -1, slots, shared));
}

const noFrames: readonly Frame[] = [];

const noSegments: readonly Hl7Segment[] = [];

/** What all frames of a group see alike. */
type SharedSlots = readonly (readonly Hl7Segment[])[];

function sharedSlots(
  message: Hl7Message,
  { trailing }: ResourceSpec,
  { names }: Slots,
  group: number,
  groups: Groups | undefined,
): SharedSlots {
  return names.map((name) => {
    if (trailing.length > 0 && trailing.includes(name)) return noSegments;
    return groups === undefined ? message.all(name) : groups.visible(group, name);
  });
}

function frameOf(
  { segments }: Hl7Message,
  spec: ResourceSpec,
  anchor: Hl7Segment,
  group: number,
  { names }: Slots,
  shared: SharedSlots,
): Frame {
  const slots = shared.slice();
  slots[names.indexOf(anchor.name)] = [anchor];
  if (spec.trailing.length > 0) addTrailing(slots, segments, anchor.index + 1, names, spec);
  return { anchor, group, kind: spec.group, slots };
}

/** Segments after the anchor, up to the next that is neither trailing, nor one to pass by, nor a Z segment. */
function addTrailing(
  slots: (readonly Hl7Segment[])[],
  segments: readonly Hl7Segment[],
  start: number,
  names: readonly string[],
  { trailing, through }: ResourceSpec,
): void {
  for (let index = start; index < segments.length; index++) {
    const segment = segments[index]!;
    const { name } = segment;
    if (trailing.includes(name)) {
      const slot = names.indexOf(name);
      if (slot < 0 || name === segments[start - 1]!.name) continue;
      const found = slots[slot] as Hl7Segment[];
      if (found.length === 0) slots[slot] = [segment];
      else found.push(segment);
    } else if (!through.includes(name) && !name.startsWith('Z')) return;
  }
}
