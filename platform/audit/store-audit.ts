import type { AuditSink, Store } from '../../core/ports/index.ts';

/** Audit events go into the store, where they are chained; `record` resolves when the event is durable. */
export function createStoreAudit(store: Pick<Store, 'appendAudit'>): AuditSink {
  return {
    async record(event) {
      await store.appendAudit(event);
    },
  };
}
