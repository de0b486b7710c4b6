const zeros = Buffer.alloc(64 * 1024);

/** In blocks: hundreds of megabytes of padding, looked at one by one, would hold up the event loop. */
export function leadingZerosCount(bytes: Uint8Array): number {
  const { length } = bytes;
  let at = 0;
  while (at < length) {
    const count = Math.min(zeros.length, length - at);
    if (zeros.compare(bytes, at, at + count, 0, count) !== 0) break;
    at += count;
  }
  while (at < length && bytes[at] === 0) at += 1;
  return at;
}
