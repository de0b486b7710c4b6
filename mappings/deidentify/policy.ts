import { z } from 'zod';
import { limits } from '../../core/limits.ts';
import { type ProfileOption, profileOptions } from './profile-options.ts';

const optionNames = profileOptions.map(({ name }) => name) as [ProfileOption, ...ProfileOption[]];

const box = z.strictObject({
  x: z.number().int().min(0).max(65_535),
  y: z.number().int().min(0).max(65_535),
  width: z.number().int().min(1).max(65_535),
  height: z.number().int().min(1).max(65_535),
});

/** Where a device burns text into its images: the boxes are in pixels of an image of just this kind, and what is not named may be anything. */
const maskRule = z.strictObject({
  modality: z.string().optional(),
  manufacturer: z.string().optional(),
  model: z.string().optional(),
  rows: z.number().int().min(1).optional(),
  columns: z.number().int().min(1).optional(),
  boxes: z.array(box).max(limits.deidentifyMaskBoxesMax),
});
export type MaskRule = z.output<typeof maskRule>;

/** What a channel file or a command says of a de-identification (PS3.15 E). */
export const deidentifySchema = z
  .strictObject({
    profile: z.literal('basic').default('basic'),
    options: z.array(z.enum(optionNames)).default([]),
    /**
     * Images that may have text burned in. `quarantine`: refused. `mask`: boxes of a rule are blackened, refused where no rule fits. `keep`: sent
     * as they are, somebody else answers for them.
     */
    pixels: z.enum(['quarantine', 'mask', 'keep']).default('quarantine'),
    masks: z.array(maskRule).max(limits.deidentifyMaskRulesMax).default([]),
    /** Encapsulated documents (PDF, CDA): nobody can tell what is in them. `replace`: an empty one is sent in their place. */
    documents: z.enum(['refuse', 'replace']).default('refuse'),
    /** Structured reports where `clean-structured-content` is not asked for. `replace`: their content is one empty comment. */
    structuredContent: z.enum(['refuse', 'replace']).default('refuse'),
    /** `file:/path` or `env:NAME` of the key, at least 32 characters; without it the key of the data folder is used, made on first use. */
    key: z
      .string()
      .regex(/^(file:.+|env:[A-Za-z_]\w*)$/, 'a reference: file:/path or env:NAME')
      .optional(),
  })
  .refine(
    ({ options }) => !(options.includes('retain-full-dates') && options.includes('retain-modified-dates')),
    'retain-full-dates and retain-modified-dates exclude each other',
  );

export type DeidentifySettings = z.output<typeof deidentifySchema>;

/** The settings as the engine uses them. */
export interface DeidentifyPolicy extends Omit<DeidentifySettings, 'options' | 'key' | 'profile'> {
  readonly options: ReadonlySet<ProfileOption>;
}

export function policyOf(settings: DeidentifySettings): DeidentifyPolicy {
  const { pixels, masks, documents, structuredContent, options } = settings;
  return { pixels, masks, documents, structuredContent, options: new Set(options) };
}
