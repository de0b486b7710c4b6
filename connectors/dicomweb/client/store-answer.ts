import { z } from 'zod';
import type { HttpAnswer } from '../../http/exchange.ts';
import { readNativeDicomXml } from './native-dicom-xml-reader.ts';

/** What the server says of one instance. */
export interface InstanceOutcome {
  readonly sopClassUid: string;
  /** Empty where the server could not read it. */
  readonly sopInstanceUid: string;
  /** Failure Reason (0008,1197) or Warning Reason (0008,1196) of PS3.18 I.2. */
  readonly reason?: number;
  /** Error Comment (0000,0902), where the server gives one. */
  readonly comment?: string;
}

/** The Store Instances Response of PS3.18 I.1. Where the body is none both lists are empty and `text` is its beginning. */
export interface StoreAnswer {
  readonly status: number;
  readonly stored: readonly InstanceOutcome[];
  readonly failed: readonly InstanceOutcome[];
  readonly text: string;
  readonly retryAfter?: string;
}

const texts = z.object({ Value: z.array(z.string().nullable()).optional() }).optional();
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

const textCharsMax = 500;

/** Never throws: a page of a proxy, a cut body and one over the limit are answers that name no instance. */
export function readStoreAnswer({ status, headers, body }: HttpAnswer): StoreAnswer {
  const text = Buffer.from(body ?? []).toString('utf8');
  const parsed = response.safeParse(text.trimStart().startsWith('<') ? xmlIn(text) : jsonIn(text));
  const retryAfter = headers.get('retry-after');
  return {
    status,
    stored: (parsed.data?.['00081199']?.Value ?? []).map(outcomeOf),
    failed: (parsed.data?.['00081198']?.Value ?? []).map(outcomeOf),
    text: text.slice(0, textCharsMax),
    ...(retryAfter === null ? {} : { retryAfter }),
  };
}

function outcomeOf(entry: z.infer<typeof item>): InstanceOutcome {
  const reason = entry['00081197']?.Value?.[0] ?? entry['00081196']?.Value?.[0];
  const comment = entry['00000902']?.Value?.[0];
  return {
    sopClassUid: entry['00081150']?.Value?.[0] ?? '',
    sopInstanceUid: entry['00081155']?.Value?.[0] ?? '',
    ...(reason === undefined ? {} : { reason }),
    ...(comment === undefined || comment === null ? {} : { comment }),
  };
}

function jsonIn(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // Some archives put the response in an array of one, as search results are.
    return Array.isArray(value) ? value[0] : value;
  } catch {
    // Servers answer failures in HTML or plain text; the caller keeps the text.
    return null;
  }
}

function xmlIn(text: string): unknown {
  try {
    return readNativeDicomXml(text);
  } catch {
    // As above.
    return null;
  }
}
