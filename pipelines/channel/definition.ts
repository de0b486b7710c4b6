import { z } from 'zod';
import { ownObjectScope } from '../../core/dicom-object.ts';
import { publishedScopes } from '../../core/order.ts';

/**
 * The shape of a channel file. What stands inside a source, a step or a destination is checked by its own kind
 * (`ChannelCatalog`), so that this file never has to know the connectors.
 */
const kindAndSettings = (what: string) =>
  z
    .record(z.string(), z.unknown())
    .refine(
      (entry) => Object.keys(entry).length === 1,
      `${what}: exactly one kind, for example { fhir: { ... } }`,
    )
    .transform((entry) => {
      const [kind, settings] = Object.entries(entry)[0] as [string, unknown];
      return { kind, settings: settings ?? {} };
    });

/** The doors of a channel: mostly one; several, as `{ dicomweb: {}, dimse: {} }`, share its keys, its duplicates and its states. */
const doors = z
  .record(z.string(), z.unknown())
  .refine((entry) => Object.keys(entry).length > 0, 'source: at least one kind, for example { hl7v2: {} }')
  .transform((entry) =>
    Object.entries(entry).map(([kind, settings]) => ({ kind, settings: settings ?? {} })),
  );

export const ackMoments = ['stored', 'mapped', 'delivered', 'none'] as const;
export const ackSchema = z
  .string()
  .default('stored')
  .transform((text, context) => {
    if ((ackMoments as readonly string[]).includes(text)) {
      return { moment: text as (typeof ackMoments)[number] };
    }
    const from = /^from ([a-z0-9][a-z0-9-]*)$/.exec(text);
    if (from?.[1]) return { moment: 'from' as const, destination: from[1] };
    context.addIssue({ code: 'custom', message: `ack: one of ${ackMoments.join(', ')}, from <destination>` });
    return z.NEVER;
  });

/** When the sender is answered: the five acknowledgement moments. */
export type AckMoment = z.output<typeof ackSchema>;

export const retrySchema = z
  .strictObject({
    firstMs: z.number().int().min(1).max(3_600_000).default(500),
    maxMs: z.number().int().min(1).max(86_400_000).default(300_000),
    forHours: z
      .number()
      .positive()
      .max(24 * 365)
      .default(72),
  })
  .prefault({});
export type RetryPolicy = z.output<typeof retrySchema>;

const minutes = z
  .number()
  .min(0)
  .max(60 * 24 * 30);

/** When an operator is told; what is left out follows the site's `alerts` settings. */
export const alertsSchema = z
  .strictObject({
    /** Nothing came in for this long; 0: never. */
    silenceMinutes: minutes.optional(),
    /** The oldest open delivery has waited this long; 0: never. */
    queueMinutes: minutes.optional(),
    /** This many deliveries are dead or unknown. */
    deadLetters: z.number().int().positive().optional(),
  })
  .prefault({});

export type AlertsOfChannel = z.output<typeof alertsSchema>;

/** Limits of a channel with the site's put in where it says nothing. */
export interface AlertSettings {
  readonly silenceMinutes: number;
  readonly queueMinutes: number;
  readonly deadLetters: number;
}

export const channelSchema = z.strictObject({
  channel: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a name of lower-case letters, digits and hyphens')
    // A channel's own states lie under its name: one of that name would take the published orders for its own and keep them for ever.
    .refine(
      (name) => !publishedScopes.includes(name) && name !== ownObjectScope,
      'a name that facts are published under',
    ),
  description: z.string().optional(),
  source: doors,
  ack: ackSchema,
  filter: z.string().optional(),
  key: z.string().optional(),
  steps: z.array(kindAndSettings('step')).max(32).default([]),
  alerts: alertsSchema,
  to: z.array(kindAndSettings('destination')).max(64).default([]),
});

export type ChannelDefinition = z.output<typeof channelSchema>;

/** Settings that every destination has, whatever its kind. */
export const destinationCommonSchema = z.object({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
    .optional(),
  when: z.string().optional(),
  retry: retrySchema,
});
