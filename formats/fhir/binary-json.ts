/**
 * A FHIR R4 Binary as JSON, piece by piece: the data is never in memory as a whole. The lengths are known before the first piece.
 *
 * @param url `Binary/id`
 */
export function binaryJson(
  url: string,
  mediaType: string,
  bytesCount: number,
): { readonly bytesCount: number; chunks(data: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> } {
  const id = url.slice('Binary/'.length);
  const head = Buffer.from(
    `{"resourceType":"Binary","id":${JSON.stringify(id)},"contentType":${JSON.stringify(mediaType)},"data":"`,
  );
  const tail = Buffer.from('"}');
  return {
    bytesCount: head.length + 4 * Math.ceil(bytesCount / 3) + tail.length,
    async *chunks(data) {
      yield head;
      let rest: Buffer = Buffer.alloc(0);
      for await (const chunk of data) {
        const bytes =
          rest.length === 0
            ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
            : Buffer.concat([rest, chunk]);
        const whole = bytes.length - (bytes.length % 3);
        rest = Buffer.from(bytes.subarray(whole));
        if (whole > 0) yield Buffer.from(bytes.toString('base64', 0, whole), 'latin1');
      }
      if (rest.length > 0) yield Buffer.from(rest.toString('base64'), 'latin1');
      yield tail;
    },
  };
}
