import { statuses } from '../message/statuses.ts';
import { respond, type Service } from './service.ts';

/** One command field, several SOP classes: N-CREATE begins a procedure step, or tells of instances that are available. */
export function bySopClass(services: ReadonlyMap<string, Service>): Service {
  return async (message, association) => {
    const { affectedSopClassUid, requestedSopClassUid } = message.command;
    const service = services.get(affectedSopClassUid ?? requestedSopClassUid ?? '');
    if (service === undefined) await respond(association, message, statuses.noSuchSopClass);
    else await service(message, association);
  };
}
