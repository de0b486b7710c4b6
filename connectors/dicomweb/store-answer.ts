import { z } from 'zod';
import { BitHiveError } from '../../core/errors.ts';

/** What the server says of one instance. */
export interface InstanceOutcome {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** Failure Reason (0008,1197) or Warning Reason (0008,1196) of PS3.18 I.2. */
  readonly reason?: number;
  /** Error Comment (0000,0902), where the server gives one. */
  readonly comment?: string;
}

/** `stored` and `failed` are empty where the request was refused as a whole; `problem` is the server's text then. */
export interface StoreOutcome {
  readonly status: number;
  readonly stored: readonly InstanceOutcome[];
  readonly failed: readonly InstanceOutcome[];
  readonly problem?: string;
}

const texts = z.object({ Value: z.array(z.string()).optional() }).optional();
const numbers = z.object({ Value: z.array(z.coerce.number()).optional() }).optional();
const item = z.object({
  '00081150': texts,
  '00081155': texts,
  '00081196': numbers,
  '00081197': numbers,
  '00000902': texts,
});
const items = z.object({ Value: z.array(item).optional() }).optional();
const response = z.object({ '00081198': items, '00081199': items });

const problemCharsMax = 2_000;

/**
 * Reads the answer to a store request (PS3.18 I.1). An answer of success that is no store response is BH_DELIVERY_REFUSED: nothing shows
 * that an instance was stored.
 */
export function readStoreAnswer(status: number, text: string): StoreOutcome {
  const parsed = response.safeParse(jsonOf(text));
  const stored = parsed.data?.['00081199']?.Value ?? [];
  const failed = parsed.data?.['00081198']?.Value ?? [];
  if (stored.length + failed.length > 0) {
    return { status, stored: stored.map(outcomeOf), failed: failed.map(outcomeOf) };
  }
  if (status >= 200 && status < 300) {
    throw new BitHiveError('BH_DELIVERY_REFUSED', `status ${status} without a word on any instance`);
  }
  return { status, stored: [], failed: [], problem: text.slice(0, problemCharsMax) };
}

function outcomeOf(entry: z.infer<typeof item>): InstanceOutcome {
  const reason = entry['00081197']?.Value?.[0] ?? entry['00081196']?.Value?.[0];
  const comment = entry['00000902']?.Value?.[0];
  return {
    sopClassUid: entry['00081150']?.Value?.[0] ?? '',
    sopInstanceUid: entry['00081155']?.Value?.[0] ?? '',
    ...(reason === undefined ? {} : { reason }),
    ...(comment === undefined ? {} : { comment }),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Servers answer failures in HTML or plain text; the caller keeps the text.
    return null;
  }
}
