/** Where a stored object is read from: a file, a blob, bytes in memory. Offsets and lengths are bytes. */
export interface ByteSource {
  readonly size: number;
  /** Exactly the bytes [offset, offset + length), fewer only where the source ends. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  };
}
