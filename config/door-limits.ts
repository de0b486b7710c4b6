import { z } from 'zod';

/** What a site may set of the limits of its doors; the other limits of `core/limits.ts` are safety rails. */
const count = (min: number, max: number, description: string) =>
  z.number().int().min(min).max(max).meta({ description });
const tebibyte = 2 ** 40;
/** One buffer of the runtime holds a message. */
const messageBytesMax = 2 ** 30;

/** Of each HL7 v2 listener. */
export const hl7LimitsSchema = z.strictObject({
  messageBytesMax: count(
    1024,
    messageBytesMax,
    'Largest message; a larger one gets AR 207 and the connection is closed.',
  ),
  connectionsMax: count(1, 65_535, 'Connections of one listener at a time.'),
  idleMs: count(100, 3_600_000, 'Time within which an unfinished message must end or grow by 64 KiB.'),
  bufferedBytesMax: count(
    65_536,
    tebibyte,
    'Memory that all connections of one listener hold for unfinished messages and unread answers; at least three times `messageBytesMax`.',
  ),
});

/** Of STOW-RS. */
export const stowLimitsSchema = z.strictObject({
  bodyBytesMax: count(1024, tebibyte, 'Largest body of one request.'),
  partBytesMax: count(1024, tebibyte, 'Largest instance.'),
  partsMax: count(1, 1_000_000, 'Instances of one request.'),
  idleMs: count(
    100,
    3_600_000,
    'Time of waiting for the client within which a body must end or bring 240 KiB.',
  ),
  requestsMax: count(1, 10_000, 'Requests at a time; a further one gets 503 with Retry-After.'),
});
