import { hash } from 'node:crypto';
import { limits } from '../../core/limits.ts';
import type { Arrival, Body, Refusal, SearchKey } from '../../core/message.ts';
import type { BatchHeader } from '../../formats/hl7v2/index.ts';
import { hl7ContentType } from './arrival.ts';

/** What is known of a batch before its messages are taken. */
export interface BatchFacts {
  readonly headers: readonly BatchHeader[];
  readonly messagesCount: number;
  readonly issues: readonly Refusal[];
}

/**
 * A batch as a message of its own: kept as it came, found by the control ids of its headers. Sent again it is a duplicate, and so are
 * the messages in it.
 *
 * @param contentHash SHA-256 of the body, in hexadecimal
 */
export function batchArrival(
  body: Body,
  contentHash: string,
  { headers, messagesCount, issues }: BatchFacts,
): Arrival {
  const [first] = headers;
  const controlIds = new Set(headers.map(({ controlId }) => controlId.slice(0, limits.searchKeyCharsMax)));
  controlIds.delete('');
  const keys = [...controlIds].slice(0, limits.searchKeysPerMessageMax);
  return {
    kind: 'batch',
    type: first?.name ?? 'MSH',
    sender: (first?.sender ?? '').slice(0, limits.searchKeyCharsMax),
    contentType: hl7ContentType,
    body,
    searchKeys: keys.map((id): SearchKey => ['control-id', id]),
    dedupe: { key: `batch|${contentHash}`, contentHash },
    facts: {
      messages: messagesCount,
      ...(issues.length === 0
        ? {}
        : {
            issues: issues.slice(0, limits.hl7BatchIssuesMax).map(({ code, detail }) => ({ code, detail })),
          }),
    },
  };
}

export const contentHashOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');
