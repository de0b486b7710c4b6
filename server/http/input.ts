import { z } from 'zod';
import { deliveryId, messageId } from '../../core/ids.ts';
import { limits } from '../../core/limits.ts';

/** Pieces of API input. All are strict: what is not known is refused by name. */
const digits = z.string().regex(/^[1-9]\d{0,14}$/, 'expected a positive whole number');

export const messageIdText = digits.transform((text) => messageId(Number(text)));
export const deliveryIdText = digits.transform((text) => deliveryId(Number(text)));
export const name = z.string().min(1).max(limits.searchKeyCharsMax);

export const limitText = digits
  .transform(Number)
  .refine((count) => count <= limits.searchRowsMax, `at most ${limits.searchRowsMax}`);

export const defaultLimit = 100;

/** ISO 8601 with a zone, or milliseconds since 1970. */
export const moment = z.string().transform((text, context) => {
  const ms = /^\d{1,15}$/.test(text) ? Number(text) : zoned.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    context.addIssue({
      code: 'custom',
      message: 'expected ISO 8601 with a zone, or milliseconds since 1970',
    });
    return z.NEVER;
  }
  return ms;
});
const zoned = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

export const idParams = z.strictObject({ id: messageIdText });
export const deliveryParams = z.strictObject({ id: deliveryIdText });
