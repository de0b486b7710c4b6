import type { LeasedDelivery } from '../../../core/delivery.ts';
import type { DeliveryId, MessageId } from '../../../core/ids.ts';
import type { Body, NewMessage } from '../../../core/message.ts';
import type {
  AcceptReceipt,
  AuditEvent,
  ChannelLease,
  CommitReceipt,
  DeliveryClaim,
  DeliveryLease,
  LeaseRequest,
  ProcessedMessage,
  Settlement,
  SettleReceipt,
  Work,
} from '../../../core/ports/index.ts';

/**
 * Everything that writes, as plain values: an operation can wait in a queue, share a transaction with others, and cross to a
 * worker thread. One name, what it needs, what it answers.
 */
export interface Operations {
  readonly accept: { readonly request: NewMessage; readonly result: AcceptReceipt };
  readonly leaseChannel: {
    readonly request: {
      readonly channel: string;
      readonly owner: string;
      readonly nowMs: number;
      readonly leaseMs: number;
    };
    readonly result: ChannelLease | null;
  };
  readonly releaseChannel: { readonly request: ChannelLease; readonly result: null };
  readonly commitProcessed: {
    readonly request: {
      readonly lease: ChannelLease;
      readonly results: readonly ProcessedMessage[];
      readonly claims: readonly DeliveryClaim[];
    };
    readonly result: CommitReceipt;
  };
  readonly fireTimers: {
    readonly request: {
      readonly lease: ChannelLease;
      readonly channelVersion: number;
      readonly nowMs: number;
      readonly limit: number;
    };
    readonly result: number;
  };
  readonly leaseDeliveries: { readonly request: LeaseRequest; readonly result: readonly LeasedDelivery[] };
  readonly renewDeliveries: {
    readonly request: { readonly leases: readonly DeliveryLease[]; readonly untilMs: number };
    readonly result: readonly DeliveryId[];
  };
  readonly settleDelivery: {
    readonly request: { readonly lease: DeliveryLease; readonly settlement: Settlement };
    readonly result: SettleReceipt;
  };
  readonly resolveDelivery: {
    readonly request: {
      readonly id: DeliveryId;
      readonly word: 'retry' | 'delivered' | 'cancel';
      readonly nowMs: number;
    };
    readonly result: boolean;
  };
  readonly prune: {
    readonly request: { readonly roots: readonly MessageId[]; readonly beforeMs: number };
    readonly result: number;
  };
  readonly deployChannel: {
    readonly request: { readonly channel: string; readonly text: string; readonly nowMs: number };
    readonly result: number;
  };
  readonly appendAudit: { readonly request: AuditEvent; readonly result: number };
}

export type OperationName = keyof Operations;
export type Operation = {
  [Name in OperationName]: { readonly name: Name; readonly request: Operations[Name]['request'] };
}[OperationName];

export type Received = readonly [channel: string, id: MessageId];

/** The answer to one operation of a group. Errors cross threads as code and sentence. */
export type OperationResult =
  | { readonly ok: true; readonly value: Operations[OperationName]['result'] }
  | { readonly ok: false; readonly code: string; readonly detail: string; readonly cause?: unknown };

export interface GroupResult {
  readonly results: readonly OperationResult[];
  /** What the commit gives others to do. */
  readonly work: readonly Work[];
  /** Messages that wait for their channel since this commit, in order: each one, however it came in. */
  readonly received: readonly Received[];
  /** The file can't be trusted any more: nothing may be written before `recover`. */
  readonly failed: boolean;
}

const bytesOf = (body: Body): number => (body.kind === 'inline' ? body.bytes.length : 0);

/** Bytes of the bodies that an operation carries; everything else about it is small. */
export function bodyBytesOf(operation: Operation): number {
  if (operation.name === 'accept') return bytesOf(operation.request.body);
  if (operation.name === 'settleDelivery') {
    const { answer } = operation.request.settlement;
    return answer ? bytesOf(answer.body) : 0;
  }
  if (operation.name !== 'commitProcessed') return 0;
  return operation.request.results
    .flatMap((result) => result.deliveries)
    .reduce((sum, delivery) => sum + bytesOf(delivery.body), 0);
}
