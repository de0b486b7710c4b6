/** Protocol data units of PS3.8 9.3 as bytes, written apart from the engine's own so that one checks the other. */
export interface ProposedContext {
  /** Odd, 1 to 255. */
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
}

export interface AssociateFields {
  readonly calledAet?: string;
  readonly callingAet?: string;
  readonly contexts: readonly ProposedContext[];
  /** The longest P-DATA-TF that the sender takes; 0: any. */
  readonly maximumLength?: number;
  readonly protocolVersion?: number;
  readonly applicationContext?: string;
}

export const pduTypes = {
  associateRq: 1,
  associateAc: 2,
  associateRj: 3,
  data: 4,
  releaseRq: 5,
  releaseRp: 6,
  abort: 7,
} as const;

/** A PDU of a type; `claimedBytes` is a length that lies. */
export function pdu(type: number, body: Uint8Array, claimedBytes: number = body.length): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt8(type, 0);
  head.writeUInt32BE(claimedBytes >>> 0, 2);
  return Buffer.concat([head, body]);
}

export function item(type: number, body: Uint8Array, claimedBytes: number = body.length): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt8(type, 0);
  head.writeUInt16BE(claimedBytes, 2);
  return Buffer.concat([head, body]);
}

/** The body of an A-ASSOCIATE-RQ (PS3.8 9.3.2). */
export function associateBody(fields: AssociateFields): Buffer {
  const head = Buffer.alloc(68);
  head.writeUInt16BE(fields.protocolVersion ?? 1, 0);
  head.write((fields.calledAet ?? 'BITHIVE').padEnd(16), 4, 16, 'latin1');
  head.write((fields.callingAet ?? 'RAW').padEnd(16), 20, 16, 'latin1');
  const maximum = Buffer.alloc(4);
  maximum.writeUInt32BE(fields.maximumLength ?? 65_536);
  return Buffer.concat([
    head,
    item(0x10, Buffer.from(fields.applicationContext ?? '1.2.840.10008.3.1.1.1')),
    ...fields.contexts.map(contextItem),
    item(
      0x50,
      Buffer.concat([
        item(0x51, maximum),
        item(0x52, Buffer.from('1.2.826.0.1.3680043.8.498.99')),
        item(0x55, Buffer.from('RAW')),
      ]),
    ),
  ]);
}

function contextItem({ id, abstractSyntax, transferSyntaxes }: ProposedContext): Buffer {
  return item(
    0x20,
    Buffer.concat([
      Buffer.from([id, 0, 0, 0]),
      item(0x30, Buffer.from(abstractSyntax)),
      ...transferSyntaxes.map((uid) => item(0x40, Buffer.from(uid))),
    ]),
  );
}

export const associateRq = (fields: AssociateFields): Buffer =>
  pdu(pduTypes.associateRq, associateBody(fields));
export const releaseRq = (): Buffer => pdu(pduTypes.releaseRq, Buffer.alloc(4));
export const abort = (source = 0, reason = 0): Buffer =>
  pdu(pduTypes.abort, Buffer.from([0, 0, source, reason]));

export interface Fragment {
  readonly contextId: number;
  readonly isCommand: boolean;
  readonly isLast: boolean;
  readonly bytes: Uint8Array;
}

/** A presentation data value (PS3.8 9.3.5.1, E.2). */
export function pdv(
  { contextId, isCommand, isLast, bytes }: Fragment,
  claimedBytes = bytes.length + 2,
): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt32BE(claimedBytes >>> 0, 0);
  head.writeUInt8(contextId, 4);
  head.writeUInt8((isCommand ? 1 : 0) | (isLast ? 2 : 0), 5);
  return Buffer.concat([head, bytes]);
}

export const dataPdu = (...fragments: readonly Fragment[]): Buffer =>
  pdu(pduTypes.data, Buffer.concat(fragments.map((fragment) => pdv(fragment))));

/** Cuts a message into PDUs of at most so many bytes behind their head. */
export function* dataPdus(
  contextId: number,
  isCommand: boolean,
  bytes: Uint8Array,
  maximumLength: number,
): Generator<Buffer> {
  const pieceBytes = maximumLength - 6;
  for (let at = 0; at === 0 || at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes);
    yield dataPdu({ contextId, isCommand, isLast: at + pieceBytes >= bytes.length, bytes: piece });
  }
}
