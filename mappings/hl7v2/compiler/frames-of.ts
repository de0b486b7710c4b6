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
    for (const anchor of found) frames.push(frameOf(message, spec, anchor, group, slots, groups));
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
  if (!spec.each || all.length === 1) return [frameOf(message, spec, all[0]!, -1, slots, undefined)];
  return all.map((segment) => frameOf(message, spec, segment, -1, slots, undefined));
}

const noFrames: readonly Frame[] = [];

function frameOf(
  message: Hl7Message,
  spec: ResourceSpec,
  anchor: Hl7Segment,
  group: number,
  slots: Slots,
  groups: Groups | undefined,
): Frame {
  const filled = slots.names.map((name) => {
    if (name === anchor.name) return [anchor];
    if (spec.trailing.length > 0 && spec.trailing.includes(name))
      return trailing(message, anchor, name, spec);
    return groups === undefined ? message.all(name) : groups.visible(group, name);
  });
  return { anchor, group, kind: spec.group, slots: filled };
}

/** Segments of a name after the anchor, up to the next segment that is neither trailing, nor one to pass by, nor a Z segment. */
function trailing(
  message: Hl7Message,
  anchor: Hl7Segment,
  name: string,
  { trailing: kinds, through }: ResourceSpec,
): Hl7Segment[] {
  const found: Hl7Segment[] = [];
  for (let index = anchor.index + 1; index < message.segments.length; index++) {
    const segment = message.segments[index] as Hl7Segment;
    if (segment.name === name) found.push(segment);
    else if (
      !kinds.includes(segment.name) &&
      !through.includes(segment.name) &&
      !segment.name.startsWith('Z')
    )
      break;
  }
  return found;
}
