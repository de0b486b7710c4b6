import * as z from 'zod';
import { encodingOf } from '../../formats/hl7v2/index.ts';

/** `NAMESPACE`, or `NAMESPACE^universal id^type` (HD). */
const party = z.string().max(227).default('');

const isZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

export const outboundMessages = ['ORU^R01', 'MDM^T02', 'ORM^O01', 'OMI^O23', 'ADT', 'ACK'] as const;

/** How the site writes HL7 v2: who sends to whom, in which version and character set. */
export const outboundSettingsSchema = z.strictObject({
  sendingApplication: party.default('BITHIVE'),
  sendingFacility: party,
  receivingApplication: party,
  receivingFacility: party,
  version: z.enum(['2.3', '2.3.1', '2.4', '2.5', '2.5.1', '2.6', '2.7', '2.7.1', '2.8']).default('2.5.1'),
  /** MSH-18, a name of HL7 table 0211. */
  charset: z
    .string()
    .refine((name) => encodingOf(name) !== undefined, 'no character set of HL7 table 0211')
    .default('UNICODE UTF-8'),
  processing: z.enum(['P', 'T', 'D']).default('P'),
  /** IANA zone in which times leave; absent: each with the offset that it has in FHIR. */
  zone: z.string().refine(isZone, 'not an IANA time zone').exactOptional(),
  /** What is sent; the first that a body has something for. Imaging departments that speak v2.5 take OMI^O23 for orders. */
  send: z.array(z.enum(outboundMessages)).min(1).default(['ACK', 'ORU^R01', 'MDM^T02', 'ORM^O01', 'ADT']),
});

export type OutboundSettings = Readonly<z.output<typeof outboundSettingsSchema>>;
