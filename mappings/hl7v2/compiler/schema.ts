import * as z from 'zod';

/** A value as FHIR JSON has it, fixed in a row. */
const fixed = z.record(z.string(), z.json());
const condition = z.string().min(1);

/**
 * One fact of a map: one source, one place in FHIR. Its kinds, told apart by what they have:
 * - `as`: reads `from` (default: the path in the id) as a FHIR value into `to`;
 * - `value`: a fixed value into `to`;
 * - `ignore`: the field carries nothing for the receiver; the text says why.
 */
export const rowSchema = z
  .strictObject({
    id: z.string().min(1),
    from: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
    to: z.string().optional(),
    as: z.string().optional(),
    value: z.json().optional(),
    ignore: z.string().optional(),
    /** Fills gaps of the object that the value lands in. */
    with: fixed.optional(),
    when: condition.optional(),
    table: z.string().optional(),
    codes: z.string().optional(),
    space: z.string().optional(),
    fallback: z.string().optional(),
    keep: z.literal('source').optional(),
    /** Of an amount: the fields that hold its unit, what it is for (`per`), and the unit of that; of the same segment. */
    unit: z.string().optional(),
    per: z.string().optional(),
    perUnit: z.string().optional(),
    /** Of a range: the field that holds its upper end. */
    high: z.string().optional(),
    /** All texts that the source has, of every repetition and segment, in one string with this between them. */
    join: z.string().optional(),
    /** Why the row is as it is, where the v2-to-FHIR sheets say something else or nothing. */
    why: z.string().optional(),
  })
  .refine((row) => [row.as, row.value, row.ignore].filter((kind) => kind !== undefined).length === 1, {
    message: 'a row has one of as, value, ignore',
  })
  .refine((row) => row.ignore !== undefined || row.to !== undefined, { message: 'a row needs to' });
export type Row = z.output<typeof rowSchema>;

const key = z.array(z.union([z.literal('identifier'), z.array(z.string()).min(1)]));

/** `segments/*.yaml`: rows of one segment into one resource, or into one backbone element of it (`Encounter.diagnosis`). */
export const segmentFileSchema = z.strictObject({
  segment: z.string().regex(/^[A-Z][A-Z0-9]{2}$/),
  target: z.string().regex(/^[A-Z][A-Za-z]+(\.[a-z][A-Za-z]*)*$/),
  rows: z.array(rowSchema).min(1),
});
export type SegmentFile = z.output<typeof segmentFileSchema>;

/** `types/*.yaml`: rows of one HL7 datatype into one FHIR datatype, or into a resource that is referred to. */
export const typeFileSchema = z.strictObject({
  type: z.string().regex(/^[A-Z]{2,3}$/),
  target: z.string(),
  /** The target is a resource: what its identifier of ours is made of when it has none. */
  refer: z
    .strictObject({ space: z.string(), key: z.array(z.string()).min(1), display: z.string().optional() })
    .optional(),
  rows: z.array(rowSchema).min(1),
});
export type TypeFile = z.output<typeof typeFileSchema>;

const oneLink = z.union([
  z.string(),
  z.strictObject({ resource: z.string(), with: fixed.optional(), when: condition.optional() }),
]);
const link = z.union([oneLink, z.array(oneLink)]);

/** An element of a list of which each has a segment of its own: every AIP is one `Appointment.participant`. */
const part = z.strictObject({
  /** Of several, the first that is there. */
  segment: z.union([z.string().regex(/^[A-Z][A-Z0-9]{2}$/), z.array(z.string()).min(1)]),
  /** Without it, the rows go into the resource itself, once for each segment. */
  to: z.string().optional(),
  map: z.union([z.string(), z.array(z.string()).min(1)]),
  when: condition.optional(),
  /** Segments that have the same text here are one element: the OBX of one vaccine information statement (OBX-4). */
  by: z.string().optional(),
  /** What an element that got something from its segment still lacks. */
  defaults: fixed.default({}),
});

const back = z.strictObject({
  resource: z.string(),
  to: z.string(),
  map: z.string().optional(),
  with: fixed.optional(),
  when: condition.optional(),
});
export type BackSpec = z.output<typeof back>;

/** One kind of resource that a message gives. */
export const resourceSchema = z.strictObject({
  name: z.string(),
  type: z.string(),
  /** The segment that makes it be; of several, the first that is there. */
  anchor: z.union([z.string(), z.array(z.string()).min(1)]),
  /** One resource per segment of that name, not only for the first. */
  each: z.boolean().default(false),
  group: z.string().optional(),
  /** Segments that belong to the anchor they follow: IN2 to IN1, NTE to OBX. */
  trailing: z.array(z.string()).default([]),
  /** The anchor counts only behind one of these segments: a ROL behind PV1 is of the visit, one behind PR1 of the procedure. */
  follows: z.array(z.string()).default([]),
  /** Segments that may stand between the anchor and its trailing ones, or what it follows. */
  through: z.array(z.string()).default([]),
  maps: z.array(z.string()).default([]),
  parts: z.array(part).default([]),
  when: condition.optional(),
  /** Alternatives, the first that is there: the business identifier, or parts; the name of a resource stands for its identity. */
  key: key.default(['identifier']),
  /** What tells apart resources whose key is the same in one message: it is part of their identity where there are several. */
  apart: z.string().optional(),
  /** Names the identifiers of ours where another kind of resource is the same thing: a prior result is a result. Default: the name. */
  space: z.string().optional(),
  /**
   * A business identifier that comes again in the message is the same thing: `error`, when it should not be said twice; `same`, when it
   * is repeated by custom. `other`: another thing that was given the same number; it gets the next key. `unlike`: the same where the next
   * key says so too; else another thing, which goes without the number. `once`: the same, even where only a key of ours says so (the
   * insurance that each charge repeats).
   */
  again: z.enum(['error', 'same', 'once', 'other', 'unlike']).default('error'),
  /** Identifier types in order of preference. */
  prefer: z.array(z.string()).default([]),
  /** Its number changes: until this message the receiver knows it under the one that ends (`use: old`). */
  prior: z.boolean().default(false),
  /** `contained`: it goes into what refers to it (a medication that an order describes). */
  write: z.enum(['update', 'ensure', 'patch', 'record', 'contained']).default('update'),
  /** Of `write: patch`: the elements that the message tells of. */
  patch: z.array(z.string()).default([]),
  link: z.record(z.string(), link).default({}),
  /** Resources of this kind refer to each other, each to the one before and after it: two patients who are one person. */
  peers: z.strictObject({ to: z.string(), with: fixed.optional(), when: condition.optional() }).optional(),
  /** Goes into other resources too: its reference at `to`, and what `map` makes of the anchor beside it. */
  back: z.union([back, z.array(back)]).optional(),
  /** Values of required elements that no row could give. */
  defaults: fixed.default({}),
  why: z.string().optional(),
});
export type ResourceSpec = z.output<typeof resourceSchema>;

/** A group opens at one of `opens` (in their order) and holds the segments up to the next. */
export const groupSchema = z.strictObject({
  opens: z.array(z.string()).min(1),
  holds: z.array(z.string()).default([]),
  /** Held where they stand in it; without one of its own, it has those of the group around it (a TQ1 after ORC that is meant for RXE). */
  shares: z.array(z.string()).default([]),
  /** The group around it, whose next one ends it. */
  within: z.string().optional(),
  /** Holds every segment up to the next, whatever its name, and takes none of them from other groups. */
  spans: z.boolean().default(false),
  /** Of orders: `skip` those that only carry earlier results (ORC-1 PR, or after a PID, PV1 or AL1 of their own), or take `only` them. */
  prior: z.enum(['skip', 'only']).optional(),
});

/** `messages/*.yaml` */
export const messageFileSchema = z.strictObject({
  message: z.string(),
  /** `ADT^A01`, or `*` for what no other file takes. */
  takes: z.array(z.string()).min(1),
  /** In the order of their nesting: the outer one first. */
  groups: z.record(z.string(), groupSchema).default({}),
  /** File (without extension) of a message with the same resources, where only the groups are others. */
  like: z.string().optional(),
  resources: z.array(resourceSchema).default([]),
  /** Segments and fields that carry nothing for the receiver, with the reason. */
  ignore: z.record(z.string(), z.string()).default({}),
});
export type MessageFile = z.output<typeof messageFileSchema>;
