import { BitHiveError } from '../../core/errors.ts';
import type { Refusal } from '../../core/message.ts';
import type { Clock } from '../../core/ports/index.ts';
import { hasErrors, isObject, parseFhirJson } from '../../formats/fhir/index.ts';
import { arrivalOf } from '../fhir/ingest-arrival.ts';
import { checkEntryCount, issuesOf } from '../fhir/ingest-body.ts';
import { type FileIntake, fileDedupe } from './file-intake.ts';
import { chunksOf } from './taken-file.ts';

export interface FhirIntakeOptions {
  /** Who is told to have sent it: the folder's name. */
  readonly sender: string;
  readonly bytesMax: number;
  readonly clock: Clock;
}

/** FHIR R4 JSON in files: one Bundle or resource each, judged as at the HTTP door. */
export function fhirIntake({ sender, bytesMax, clock }: FhirIntakeOptions): FileIntake {
  return async (file, accept, blobs) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of chunksOf(file, blobs)) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const { value, refusal } = await judged(bytes, () => clock.monotonicMs());
    const arrival = await arrivalOf({ headers: {}, sender, bytes, value, blobs, bytesMax }, refusal);
    const acceptance = await accept({
      ...arrival,
      dedupe: fileDedupe(file),
      facts: { ...arrival.facts, file: file.name },
    });
    return { messagesCount: 1, ...(acceptance.kind === 'refused' ? { refusal: acceptance.error } : {}) };
  };
}

async function judged(
  bytes: Uint8Array,
  monotonicMs: () => number,
): Promise<{ value?: unknown; refusal?: Refusal }> {
  try {
    const value: unknown = parseFhirJson(bytes);
    if (isObject(value)) checkEntryCount(value);
    const type = isObject(value) && typeof value.resourceType === 'string' ? value.resourceType : undefined;
    const issues = await issuesOf(value, type, monotonicMs);
    if (!hasErrors(issues)) return { value };
    const first = issues.find(({ severity }) => severity === 'error');
    const detail = `${issues.length} issues, first at ${first?.path}: ${first?.message}`;
    return { value, refusal: { code: 'BH_FHIR_INVALID', detail } };
  } catch (error) {
    if (!(error instanceof BitHiveError)) throw error;
    return { refusal: { code: error.code, detail: error.detail } };
  }
}
