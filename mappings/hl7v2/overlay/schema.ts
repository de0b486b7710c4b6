import * as z from 'zod';
import { encodingOf } from '../../../formats/hl7v2/index.ts';
import { siteSettingsSchema } from '../../site.ts';
import { groupSchema, resourceSchema, rowSchema } from '../compiler/schema.ts';

/** Where an added row stands; the order of rows is their precedence. At the end when it says nothing. */
const place = { before: z.string().optional(), after: z.string().optional() };

/**
 * The same members, none of which has a default or must be there but the one that names the row. The types follow from the schema that they
 * are taken from: `T` is what it reads.
 */
function partialOf<T extends object, K extends keyof T & string>(
  { shape }: z.ZodObject,
  name: K,
): z.ZodType<Partial<T> & Pick<T, K>> {
  const members = Object.entries(shape).map(([key, member]) => {
    const plain = (member instanceof z.ZodDefault ? member.removeDefault() : member) as z.ZodType;
    return [key, key === name ? plain : plain.optional()];
  });
  return z.strictObject(Object.fromEntries(members)) as unknown as z.ZodType<Partial<T> & Pick<T, K>>;
}

type Row = z.output<typeof rowSchema>;
type Resource = z.output<typeof resourceSchema>;
type Place = { readonly before?: string | undefined; readonly after?: string | undefined };

const names = z.array(z.string());
const placedRow = z.strictObject({ ...rowSchema.shape, ...place }) as unknown as z.ZodType<Row & Place>;
const placedResource = z.strictObject({ ...resourceSchema.shape, ...place }) as unknown as z.ZodType<
  Resource & Place
>;

/** `segments/NAME.yaml` and `types/NAME.yaml` of an overlay: what is other than in our file of that name. */
export const rowChangesSchema = z.strictObject({
  /** Further rows. */
  add: z.array(placedRow).default([]),
  /** Members of rows of ours that get another value; the others stay. */
  change: z.array(partialOf<Row, 'id'>(rowSchema, 'id')).default([]),
  /** Rows that take the place of ours, whole. */
  replace: z.array(rowSchema).default([]),
  /** Ids of rows of ours that are not wanted. */
  drop: names.default([]),
  why: z.string().optional(),
});
export type RowChanges = z.output<typeof rowChangesSchema>;

/** `messages/NAME.yaml` of an overlay: resources are added, changed, replaced and dropped by name. */
export const messageChangesSchema = z.strictObject({
  /** Further message types: `ADT^A99`. They are taken from the file of ours that had them. */
  takes: names.default([]),
  /** Further groups, or others of the same name. */
  groups: z.record(z.string(), groupSchema).default({}),
  add: z.array(placedResource).default([]),
  change: z.array(partialOf<Resource, 'name'>(resourceSchema, 'name')).default([]),
  replace: z.array(resourceSchema).default([]),
  drop: names.default([]),
  /** Further fields that carry nothing for the receiver, with the reason. */
  ignore: z.record(z.string(), z.string()).default({}),
  why: z.string().optional(),
});
export type MessageChanges = z.output<typeof messageChangesSchema>;

const { zone, assigners, defaultAssigner, fallbackCharset, nullMarker, reportText } =
  siteSettingsSchema.shape;

/** `site.yaml` of an overlay: what it says stands above the settings `site.*`; assigners are joined with theirs. */
export const siteChangesSchema = z.strictObject({
  zone: zone.optional(),
  fallbackCharset: fallbackCharset
    .removeDefault()
    .refine((name) => encodingOf(name) !== undefined, 'no character set that can be read')
    .optional(),
  assigners: assigners.removeDefault().optional(),
  defaultAssigner,
  nullMarker: nullMarker.removeDefault().optional(),
  reportText: reportText.removeDefault().optional(),
  why: z.string().optional(),
});
export type SiteChanges = z.output<typeof siteChangesSchema>;
