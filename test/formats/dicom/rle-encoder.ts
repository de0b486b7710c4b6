/** RLE Lossless for tests (PS3.5 G): literal runs and repeats as they come, planes of bytes with the high byte first. */
export function encodeRle(
  bytes: Uint8Array,
  cells: number,
  samples: number,
  bytesPerSample: number,
): Uint8Array {
  const segments: Uint8Array[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    for (let byte = bytesPerSample - 1; byte >= 0; byte -= 1) {
      const plane = new Uint8Array(cells);
      for (let i = 0; i < cells; i += 1) plane[i] = bytes[(i * samples + sample) * bytesPerSample + byte]!;
      segments.push(packBits(plane));
    }
  }
  const header = Buffer.alloc(64);
  header.writeUInt32LE(segments.length, 0);
  let offset = 64;
  for (const [i, segment] of segments.entries()) {
    header.writeUInt32LE(offset, 4 + i * 4);
    offset += segment.length;
  }
  return new Uint8Array(Buffer.concat([header, ...segments]));
}

function packBits(plane: Uint8Array): Uint8Array {
  const out: number[] = [];
  let at = 0;
  while (at < plane.length) {
    let run = 1;
    while (run < 128 && plane[at + run] === plane[at]) run += 1;
    if (run > 1) {
      out.push(257 - run, plane[at]!);
    } else {
      run = 1;
      while (run < 128 && at + run < plane.length && plane[at + run] !== plane[at + run - 1]) run += 1;
      out.push(run - 1, ...plane.subarray(at, at + run));
    }
    at += run;
  }
  if (out.length % 2 === 1) out.push(128);
  return Uint8Array.from(out);
}
