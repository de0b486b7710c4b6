import { BitHiveError } from '../../../core/errors.ts';
import type { DicomDataset } from '../../../formats/dicom/index.ts';
import { statuses } from '../message/statuses.ts';
import { readWhole } from '../scu/identifier.ts';
import type { DimseMessage } from '../upper-layer/association.ts';
import { respond, type Service } from './service.ts';

/** What a normalized service answers: a status, and the instance where the request did not name it. */
export interface NAnswer {
  readonly status: number;
  readonly errorComment?: string;
  readonly affectedSopInstanceUid?: string;
}

/**
 * A service whose request has an attribute list. One that cannot be read, and a store that cannot keep what came, are answered as such; the
 * association goes on.
 */
export function nService(
  serve: (message: DimseMessage, attributes: DicomDataset, sender: string) => Promise<NAnswer>,
): Service {
  return async (message, association) => {
    const { status, ...answer } = await answerOf(async () =>
      serve(message, await readWhole(message), association.remoteAe),
    );
    await respond(association, message, status, answer);
  };
}

export const refused = (status: number, errorComment: string): NAnswer => ({ status, errorComment });

async function answerOf(serve: () => Promise<NAnswer>): Promise<NAnswer> {
  try {
    return await serve();
  } catch (error) {
    if (!(error instanceof BitHiveError)) throw error;
    const { code, detail } = error;
    // An association that broke off has nobody to answer.
    if (code.startsWith('BH_DIMSE_')) throw error;
    return refused(statuses.processingFailure, `${code}: ${detail}`);
  }
}
