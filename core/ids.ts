/** A primitive that the type system keeps apart from its peers: a MessageId is never passed where a DeliveryId is asked for. */
declare const brand: unique symbol;
export type Branded<T, B extends string> = T & { readonly [brand]: B };

/** Position of a message in the inbox: a positive integer in order of acceptance, printed in decimal. */
export type MessageId = Branded<number, 'MessageId'>;
/** Position of a delivery in the outbox: a positive integer in order of decision. */
export type DeliveryId = Branded<number, 'DeliveryId'>;
/** SHA-256 of a body, 64 lower-case hexadecimal digits. */
export type BlobHash = Branded<string, 'BlobHash'>;

export const messageId = (n: number): MessageId => n as MessageId;
export const deliveryId = (n: number): DeliveryId => n as DeliveryId;

/** Takes 64 lower-case hexadecimal digits; null for anything else, so that a hash from outside never becomes a path unchecked. */
export function parseBlobHash(text: string): BlobHash | null {
  return /^[0-9a-f]{64}$/.test(text) ? (text as BlobHash) : null;
}
