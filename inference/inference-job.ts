import { z } from 'zod';
import { BitHiveError } from '../core/errors.ts';
import type { InferenceJob } from '../core/inference.ts';
import { limits } from '../core/limits.ts';
import { urgencies } from '../core/order.ts';
import { priorSchema } from '../core/study-query-schema.ts';
import { instanceSchema, orderSchema } from '../core/study-schema.ts';

const text = z.string();

const jobSchema = z.object({
  study: z.object({
    studyInstanceUid: text.min(1),
    version: z.int().min(1),
    instances: z.array(instanceSchema).min(1).max(limits.studyInstancesMax),
    completedAtMs: z.number(),
  }),
  model: text.min(1),
  urgency: z.enum(urgencies),
  order: z.exactOptional(orderSchema),
  priors: z.exactOptional(z.array(priorSchema).max(limits.priorStudiesMax)),
  priorsMissing: z.exactOptional(text),
});

/** The body of a delivery to the grid. Throws BH_DELIVERY_REFUSED, which ends the delivery: the same body is refused again. */
export function parseInferenceJob(body: Uint8Array): InferenceJob {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch (error) {
    throw new BitHiveError('BH_DELIVERY_REFUSED', 'the inference job is not JSON', { cause: error });
  }
  const parsed = jobSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new BitHiveError(
    'BH_DELIVERY_REFUSED',
    `the inference job: ${issue?.path.join('.')}: ${issue?.message}`,
  );
}
