/**
 * A posting is one number: term * 2^20 + (message - base of its segment). It fits a double exactly (32 + 20 bits), so a
 * segment sorts natively as a Float64Array and is searched by bisection.
 */
export const messagesPerSegmentMax = 2 ** 20;
/** 500 postings and their row fit one 4096-byte page of the database. */
export const postingsPerPage = 500;

export const posting = (term: number, offset: number): number => term * messagesPerSegmentMax + offset;

/** First index whose value is >= `wanted`. */
export function lowerBound(sorted: Float64Array, wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Two sorted runs as one; every value of `right` is shifted by `shift`, the distance of the segments' bases. */
export function mergeSorted(left: Float64Array, right: Float64Array, shift: number): Float64Array {
  const merged = new Float64Array(left.length + right.length);
  let l = 0;
  let r = 0;
  for (let at = 0; at < merged.length; at += 1) {
    const fromLeft = l < left.length ? left[l]! : Number.POSITIVE_INFINITY;
    const fromRight = r < right.length ? right[r]! + shift : Number.POSITIVE_INFINITY;
    if (fromLeft <= fromRight) {
      merged[at] = fromLeft;
      l += 1;
    } else {
      merged[at] = fromRight;
      r += 1;
    }
  }
  return merged;
}

export function bytesOf(values: Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Doubles of a stored blob; copied, because a blob may start at any byte. Stored little endian, as every platform of Node is. */
export function doublesOf(bytes: Uint8Array): Float64Array {
  return new Float64Array(bytes.slice().buffer);
}
