import * as z from 'zod';

const path = z.string().min(1);
const fixed = z.union([z.string(), z.array(z.string()).min(1)], {
  error: 'texts only; put numbers in quotes',
});

/**
 * One fact, the other way round: `id` is the HL7 field or component that is written, `from` the place in FHIR (of several the first that has
 * something), `as` how it becomes text.
 */
export const outRowSchema = z
  .strictObject({
    id: z.string().regex(/^[A-Z][A-Z0-9]{1,2}[-.]\d{1,3}(\.[a-z0-9]+)?$/, 'SEG-field, or TYPE.component'),
    from: z.union([path, z.array(path).min(1)]).optional(),
    as: z.string().default('string'),
    set: fixed.optional(),
    /** Every node of every path is a repetition; else the first that gives something. */
    each: z.boolean().default(false),
    table: z.string().optional(),
    fallback: z.string().optional(),
    when: z.string().min(1).optional(),
    /** The message cannot be without it. */
    required: z.boolean().default(false),
    why: z.string().optional(),
  })
  .refine(({ from, set }) => (from === undefined) !== (set === undefined), {
    message: 'a row has from or set',
  });
export type OutRow = z.output<typeof outRowSchema>;

const rows = z.array(outRowSchema).min(1);

/** `segments/*.yaml`: a resource, or an element of one, as a segment. */
export const outSegmentSchema = z.strictObject({
  segment: z.string().regex(/^[A-Z][A-Z0-9]{2}$/),
  source: z.string().min(1),
  rows,
});

/** `types/*.yaml`: an element, or a resource that is referred to, as a datatype. */
export const outTypeSchema = z.strictObject({
  type: z.string().regex(/^[A-Z]{2,3}$/),
  source: z.string().min(1),
  /** The node may be a reference to it. */
  refer: z.boolean().default(false),
  rows,
});

export interface OutItem {
  readonly segment: string;
  readonly map: string;
  /** Each node at it gives a segment; absent: the node of the item above. */
  readonly of?: string | readonly string[] | undefined;
  readonly when?: string | undefined;
  /** What was written before in this message is not written again. */
  readonly once: boolean;
  /** At most so many nodes. */
  readonly max?: number | undefined;
  /** Nodes for which this holds have a `$sub`, below that of the item above. */
  readonly numbered?: string | undefined;
  /** Segments whose count begins anew. */
  readonly resets: readonly string[];
  /** Nothing is sent without it. */
  readonly required: boolean;
  /** Where it holds the segment itself is left out, not what hangs on it: a panel without a value. */
  readonly silent?: string | undefined;
  readonly children: readonly OutItem[];
  readonly why?: string | undefined;
}

const item: z.ZodType<OutItem> = z.lazy(() =>
  z.strictObject({
    segment: z.string().regex(/^[A-Z][A-Z0-9]{2}$/),
    map: z.string(),
    of: z.union([path, z.array(path).min(1)]).optional(),
    when: z.string().min(1).optional(),
    once: z.boolean().default(false),
    max: z.number().int().min(1).optional(),
    numbered: z.string().min(1).optional(),
    resets: z.array(z.string()).default([]),
    required: z.boolean().default(false),
    silent: z.string().min(1).optional(),
    children: z.array(item).default([]),
    why: z.string().optional(),
  }),
);

/** `messages/*.yaml` */
export const outMessageSchema = z.strictObject({
  message: z.string(),
  /** Types of resource of which each gives a message; the first type that the body has. */
  focus: z.array(z.string()).min(1),
  /** The first whose condition holds of the focus; none: nothing is sent of it. */
  events: z
    .array(
      z.strictObject({
        type: z.string(),
        event: z.string(),
        structure: z.string(),
        when: z.string().min(1).optional(),
        why: z.string().optional(),
      }),
    )
    .min(1),
  segments: z.array(item).min(1),
  /** Elements that carry nothing for an HL7 v2 receiver, with the reason: `DiagnosticReport.text`, or `text` of any type. */
  ignore: z.record(z.string(), z.string()).default({}),
});
export type OutMessage = z.output<typeof outMessageSchema>;
