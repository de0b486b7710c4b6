import { BitHiveError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import type { Refusal } from '../../core/message.ts';
import { type Hl7Message, isBatch, parseMessage, splitBatch } from '../../formats/hl7v2/index.ts';
import {
  type Hl7ToFhirMap,
  type MapIssue,
  momentOfMessage,
  printBundle,
  type Residue,
} from '../../mappings/index.ts';

/** What one message of a file became. */
export interface ConvertedPart {
  /** Between the file's name and its extension: '' or, in a batch, `.1`. */
  readonly suffix: string;
  /** JSON text of the Bundle; absent when the message could not be read. */
  readonly bundle?: string;
  readonly outcome: JsonObject;
  readonly residue: readonly Residue[];
}

/**
 * Converts the message of a file, or the messages of a batch. Pure: times come from the messages, so the same bytes give the same texts.
 */
export function convertFile(bytes: Uint8Array, map: Hl7ToFhirMap): readonly ConvertedPart[] {
  const events = splitBatch(bytes, { messageBytesMax: limits.hl7MessageBytesMax });
  const parts = events.filter((event) => event.kind === 'message' || event.kind === 'too-large');
  if (!isBatch(bytes) && parts.length <= 1) return [convertOne('', bytes, map)];
  const faults = events.flatMap((event) =>
    event.kind === 'issue' ? [refusalIssue(event.issue, 'warning')] : [],
  );
  return [
    ...(faults.length === 0 ? [] : [{ suffix: '', outcome: outcomeOf(faults), residue: [] }]),
    ...parts.map((event, at) => {
      const suffix = `.${at + 1}`;
      if (event.kind === 'message') return convertOne(suffix, event.bytes, map);
      const detail = `${event.bytesCount} bytes; ${limits.hl7MessageBytesMax} are taken`;
      return refused(suffix, { code: 'BH_HL7_TOO_LARGE', detail });
    }),
  ];
}

function convertOne(suffix: string, bytes: Uint8Array, map: Hl7ToFhirMap): ConvertedPart {
  let message: Hl7Message;
  try {
    message = parseMessage(bytes, { fallbackCharset: map.site.fallbackCharset });
  } catch (error) {
    if (!(error instanceof BitHiveError)) throw error;
    return refused(suffix, error);
  }
  const receivedAtMs = momentOfMessage(message, map.site.zone);
  const { bundle, issues, residue } = map.convert(message, { receivedAtMs, isForFile: true });
  return { suffix, bundle: printBundle(bundle), outcome: outcomeOf(issues.map(issueOf)), residue };
}

const refused = (suffix: string, refusal: Refusal): ConvertedPart => ({
  suffix,
  outcome: outcomeOf([refusalIssue(refusal, 'fatal')]),
  residue: [],
});

const issueOf = ({ severity, code, path, row, text }: MapIssue): JsonObject => ({
  severity,
  code,
  details: { text },
  ...(row === '' ? {} : { diagnostics: `row ${row}` }),
  location: [path],
});

const refusalIssue = ({ code, detail }: Refusal, severity: 'fatal' | 'warning'): JsonObject => ({
  severity,
  code: 'invalid',
  details: { coding: [{ system: 'urn:bithive:error', code }], text: detail },
});

/** An OperationOutcome has one issue at least (FHIR R4 2.35). */
function outcomeOf(issues: readonly JsonObject[]): JsonObject {
  const none = { severity: 'information', code: 'informational', details: { text: 'no issue' } };
  return { resourceType: 'OperationOutcome', issue: issues.length === 0 ? [none] : issues };
}
