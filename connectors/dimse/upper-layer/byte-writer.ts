/** Builds the variable part of a PDU: items of a type, a reserved byte, a length of two bytes and a value. */
export class ByteWriter {
  readonly #pieces: Uint8Array[] = [];

  bytes(bytes: Uint8Array): this {
    this.#pieces.push(bytes);
    return this;
  }

  uint8(...values: readonly number[]): this {
    return this.bytes(Uint8Array.from(values));
  }

  uint16(value: number): this {
    return this.uint8(value >>> 8, value & 0xff);
  }

  uint32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return this.bytes(bytes);
  }

  text(text: string): this {
    return this.bytes(Buffer.from(text, 'latin1'));
  }

  /** Padded with spaces or cut to 16 bytes (PS3.8 9.3.2). */
  aeTitle(title: string): this {
    return this.text(title.slice(0, 16).padEnd(16, ' '));
  }

  item(type: number, value: ByteWriter): this {
    const bytes = value.concat();
    return this.uint8(type, 0).uint16(bytes.length).bytes(bytes);
  }

  textItem(type: number, text: string): this {
    return this.item(type, new ByteWriter().text(text));
  }

  concat(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}
