import type { LeasedDelivery } from '../../../core/delivery.ts';
import type { Body } from '../../../core/message.ts';
import type { GroupResult, Operation, OperationResult } from './operations.ts';

/**
 * A group on its way between threads: one text and one block of bytes. Structured clone of the objects costs more than JSON,
 * and it copies the whole buffer behind each body, which for a slice of a socket's buffer is much more than the body.
 */
export interface Wire {
  readonly text: string;
  readonly bytes: Uint8Array;
}
type PackedBody = { readonly kind: 'packed'; readonly at: number; readonly length: number };

class Packer {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  readonly pack = (body: Body): Body => {
    if (body.kind === 'blob') return body;
    const packed: PackedBody = { kind: 'packed', at: this.#length, length: body.bytes.length };
    this.#parts.push(body.bytes);
    this.#length += body.bytes.length;
    return packed as unknown as Body; // Only `unpack` below sees it.
  };

  wire(value: unknown): Wire {
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { text: JSON.stringify(value), bytes };
  }
}

function unpacker(bytes: Uint8Array): (body: Body) => Body {
  return (body) => {
    if (body.kind === 'blob') return body;
    const { at, length } = body as unknown as PackedBody;
    return { kind: 'inline', bytes: bytes.subarray(at, at + length) };
  };
}

export function packOperations(operations: readonly Operation[]): Wire {
  const packer = new Packer();
  return packer.wire(operations.map((operation) => withBodies(operation, packer.pack)));
}

export function unpackOperations(wire: Wire): Operation[] {
  const unpack = unpacker(wire.bytes);
  return (JSON.parse(wire.text) as Operation[]).map((operation) => withBodies(operation, unpack));
}

export function packResult(result: GroupResult): Wire {
  const packer = new Packer();
  const results = result.results.map((one) => resultWithBodies(withoutCause(one), packer.pack));
  return packer.wire({ ...result, results });
}

export function unpackResult(wire: Wire): GroupResult {
  const result = JSON.parse(wire.text) as GroupResult;
  const unpack = unpacker(wire.bytes);
  return { ...result, results: result.results.map((one) => resultWithBodies(one, unpack)) };
}

/** The operations that carry bodies, each with its bodies replaced. */
function withBodies(operation: Operation, replace: (body: Body) => Body): Operation {
  if (operation.name === 'accept') {
    return { name: 'accept', request: { ...operation.request, body: replace(operation.request.body) } };
  }
  if (operation.name === 'commitProcessed') {
    const results = operation.request.results.map((result) => ({
      ...result,
      deliveries: result.deliveries.map((delivery) => ({ ...delivery, body: replace(delivery.body) })),
    }));
    return { name: 'commitProcessed', request: { ...operation.request, results } };
  }
  if (operation.name === 'settleDelivery') {
    const { lease, settlement } = operation.request;
    const { answer } = settlement;
    // Only `settlement.answer` is accepted; the arrival within the outcome stays in this thread.
    const { answer: _arrival, ...outcome } = { answer: undefined, ...settlement.outcome };
    const bound = answer ? { answer: { ...answer, body: replace(answer.body) } } : {};
    return { name: 'settleDelivery', request: { lease, settlement: { ...settlement, outcome, ...bound } } };
  }
  return operation;
}

/** Claims answer deliveries with their bodies; nothing else does. */
function resultWithBodies(result: OperationResult, replace: (body: Body) => Body): OperationResult {
  if (!result.ok || !Array.isArray(result.value)) return result;
  const first: unknown = result.value[0];
  if (typeof first !== 'object' || first === null || !('body' in first)) return result;
  const deliveries = result.value as readonly LeasedDelivery[];
  return { ok: true, value: deliveries.map((delivery) => ({ ...delivery, body: replace(delivery.body) })) };
}

/** An error does not survive JSON; what the log needs of it does. */
function withoutCause(result: OperationResult): OperationResult {
  if (result.ok || result.cause === undefined) return result;
  const cause =
    result.cause instanceof Error ? (result.cause.stack ?? result.cause.message) : String(result.cause);
  return { ...result, cause };
}
