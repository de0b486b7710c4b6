import { toBitHiveError } from '../../../core/errors.ts';
import type { Logger } from '../../../core/ports/index.ts';
import { commandFields, responseBit } from '../message/command-fields.ts';
import { statuses } from '../message/statuses.ts';
import type { Association } from '../upper-layer/association.ts';
import { respond, type Service } from './service.ts';

export interface ServingOptions {
  /** By command field. */
  readonly services: ReadonlyMap<number, Service>;
  /** Silence between two messages after which the association is aborted. */
  readonly idleMs: number;
  readonly logger: Logger;
  /** Whether the door is shut: what was asked is answered, nothing more is read. */
  readonly isStopping: () => boolean;
  /** Told when nothing is asked any more, and when something is again. */
  readonly waits: (isIdle: boolean) => void;
}

/** Answers the requests of one association until it ends. Never rejects. Returns the code of what ended it; null for a release. */
export async function serveAssociation(
  association: Association,
  options: ServingOptions,
): Promise<string | null> {
  const { services, idleMs, logger, isStopping, waits } = options;
  try {
    while (!isStopping()) {
      waits(true);
      const message = await association.readMessage(idleMs);
      waits(false);
      if (message === null) return null;
      const { commandField } = message.command;
      // Responses of requests that nobody waits for any more, and cancels of requests that are answered.
      if ((commandField & responseBit) !== 0 || commandField === commandFields.cCancelRq) continue;
      const service = services.get(commandField);
      if (service === undefined) await respond(association, message, statuses.unrecognizedOperation);
      else await service(message, association);
    }
    association.abort();
    return 'BH_STOPPING';
  } catch (error) {
    const known = toBitHiveError(error);
    association.abort(2);
    const fields = { code: known.code, detail: known.detail, peer: association.remoteAe };
    if (known.code === 'BH_INTERNAL') logger.error('dimse.association.failed', fields, error);
    else logger.info('dimse.association.broken', fields);
    return known.code;
  }
}
