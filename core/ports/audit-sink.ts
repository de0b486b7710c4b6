import type { JsonObject } from '../json.ts';

/** One thing that a person or system did with patient data or with the engine's settings (IHE BALP, DICOM PS3.15 A.5). */
export interface AuditEvent {
  readonly action: 'create' | 'read' | 'update' | 'delete' | 'execute';
  /** What was done, in the API's own name: `message.read`, `message.search`, `delivery.resolve` ... */
  readonly operation: string;
  readonly agent: string;
  /** Address of the agent's machine. */
  readonly from?: string;
  readonly outcome: 'success' | 'refused' | 'failed';
  readonly atMs: number;
  /** Ids of what was touched; search terms are kept as given, so that an auditor can see who looked for whom. */
  readonly entities: JsonObject;
}

/** Where audit events go. A read is answered only after its event is durable. */
export interface AuditSink {
  record(event: AuditEvent): Promise<void>;
}
