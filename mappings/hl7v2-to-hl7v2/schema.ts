import * as z from 'zod';

const quoted = 'a text, or a list of texts; put numbers in quotes';
const component = z.union([z.string(), z.array(z.string()).min(1)]);
/** A value as text, which is escaped; a list is its components, a list in it their subcomponents. */
const value = z.union([z.string(), z.array(component).min(1)], { error: quoted });

/** What stands at a path, seen from the segment beside which another is added. */
const copied = z.strictObject({ copy: z.string() });

const actions = ['set', 'copy', 'move', 'table', 'drop', 'add'] as const;

/**
 * One change. What it does, told by what it has:
 * - `set`: a fixed value;
 * - `copy`, `move`: what stands at another path, byte for byte; `move` empties it there;
 * - `table`: the code of a table for the code that is there, or for that of `copy` or `move`; an unknown one stays, or becomes `fallback`;
 * - `drop`: empties an element, takes out a repetition (`PID-3[*]`) or a segment (`ZDS`);
 * - `add`: puts a segment `after SEG` or `before SEG`, beside each of that name.
 */
export const editRowSchema = z
  .strictObject({
    /** The path that is changed; with `to`, only a name. */
    id: z.string().min(1).max(200),
    to: z.string().optional(),
    set: value.optional(),
    copy: z.string().optional(),
    move: z.string().optional(),
    table: z.string().optional(),
    fallback: z.string().optional(),
    drop: z.literal(true).optional(),
    add: z
      .string()
      .regex(/^(after|before) [A-Z][A-Z0-9]{2}(\[\d{1,6}\])?$/, 'add: after SEG, or before SEG')
      .optional(),
    /** Fields of the added segment: `{ 1: "1", 3: [A, B], 4: { copy: PID-3.1 } }`. */
    fields: z
      .record(z.string().regex(/^[1-9]\d{0,3}$/), z.union([value, copied], { error: quoted }))
      .optional(),
    /** Where a segment of another name is looked for. */
    find: z.enum(['before', 'after']).default('before'),
    when: z.string().min(1).optional(),
    why: z.string().optional(),
  })
  .superRefine((row, context) => {
    const has = actions.filter((action) => row[action] !== undefined);
    const known = [...actions.map(String), 'copy,table', 'move,table'];
    if (!known.includes(has.join()))
      context.addIssue({ code: 'custom', message: `a row has one of ${actions.join(', ')}` });
    if (row.fallback !== undefined && row.table === undefined)
      context.addIssue({ code: 'custom', message: 'fallback is for a table' });
    if (row.fields !== undefined && row.add === undefined)
      context.addIssue({ code: 'custom', message: 'fields are for add' });
  });
export type EditRow = z.output<typeof editRowSchema>;
export type EditValue = z.output<typeof value>;

/** A file of rows, HL7 v2 to HL7 v2. */
export const editFileSchema = z.strictObject({
  map: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a name of lower-case letters, digits and hyphens'),
  description: z.string().optional(),
  /** Messages for which it does not hold go on as they came. */
  when: z.string().min(1).optional(),
  /** Codes of the sender to codes of the receiver: in place, or the name of a CSV file beside this one. */
  tables: z
    .record(
      z.string(),
      z.union([z.string(), z.record(z.string(), z.string())], {
        error: 'codes to codes, or a file; put numbers in quotes',
      }),
    )
    .default({}),
  rows: z.array(editRowSchema).min(1).max(1_000),
});
export type EditFile = z.output<typeof editFileSchema>;
