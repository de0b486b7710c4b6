import * as z from 'zod';
import { BitHiveError } from '../core/errors.ts';

const isZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

const uriBase = z
  .string()
  .regex(/^(https?:\/\/|urn:)[^\s|]+[^\s|/]$/, 'an absolute URI without a slash at its end');
const systemUri = z.string().regex(/^[a-z][a-z0-9+.-]*:[^\s|]+$/i, 'an absolute URI');

/** What one hospital decides about the FHIR that the engine writes. */
export const siteSettingsSchema = z.strictObject({
  /** Namespace of every UUID v5 that the site's engine makes. Never change it: the same patient would become another. */
  namespace: z.uuid(),
  /** IANA zone of times that carry no offset, neither of their own nor in MSH-7. */
  zone: z.string().refine(isZone, 'not an IANA time zone'),
  /** Base of identifier systems that are ours, such as `https://bithive.example/id`. */
  localSystem: uriBase,
  /** HL7 assigning authorities (CX.4 namespace id or universal id) and DICOM issuers (0010,0021) to identifier systems. */
  assigners: z.record(z.string(), systemUri).default({}),
  /** Assigner of a patient id that names none, in HL7 as in DICOM. A key of `assigners`, or a name. */
  defaultAssigner: z.string().min(1).optional(),
  /** Charset of messages that declare none in MSH-18. */
  fallbackCharset: z.string().default('utf-8'),
  /** `conditional`: `PUT Type?identifier=`, no id in the body. `client-id`: `PUT Type/uuid`, for servers that take client ids. */
  write: z.enum(['conditional', 'client-id']).default('conditional'),
  /** What HL7's null (`""`) leaves behind in the snapshot: nothing, or a data-absent-reason. Both list it as a deletion. */
  nullMarker: z.enum(['omit', 'data-absent-reason']).default('omit'),
  /** What lines of text in a result (OBX-2 TX, FT) become: an Observation each, or together the report's conclusion or presented form. */
  reportText: z.enum(['observations', 'conclusion', 'presented-form']).default('observations'),
});

export type SiteSettings = Readonly<z.output<typeof siteSettingsSchema>>;

/** Throws BH_CONFIG_VALUE with the path of the setting that is wrong. */
export function parseSiteSettings(input: unknown): SiteSettings {
  const parsed = siteSettingsSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = ['site', ...(issue?.path ?? [])].join('.');
  throw new BitHiveError('BH_CONFIG_VALUE', `${path}: ${issue?.message ?? 'not valid'}`);
}
