/** The next position of a byte at or after a rising index, -1 for none: each byte is looked at once. */
export function positionsOf(data: Buffer, byte: number): (at: number) => number {
  let next = data.indexOf(byte);
  return (at) => {
    if (next >= 0 && next < at) next = data.indexOf(byte, at);
    return next;
  };
}
