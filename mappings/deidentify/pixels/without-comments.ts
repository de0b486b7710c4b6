/** Marker segments of JPEG and JPEG-LS that hold no image: comments, and application data except JFIF, Adobe's colour transform and SPIFF. */
const jpegKept: ReadonlySet<number> = new Set([0xe0, 0xee, 0xe8]);
/** Those three hold numbers; a longer one holds something else. */
const keptBytesMax = 36;
const startOfScan = 0xda;
const comment = 0xfe;
const j2kStart = 0x4f;
const j2kTile = 0x90;
const j2kComment = 0x64;
const j2kSize = 0x51;

/**
 * A frame of a JPEG, JPEG-LS or JPEG 2000 stream without its comments and application data (EXIF), in which devices and converters leave names.
 * The same bytes where there are none, or where the stream is none of these.
 */
export function withoutComments(stream: Uint8Array): Uint8Array {
  if (stream[0] !== 0xff) return stream;
  if (stream[1] === 0xd8) return withoutSegments(stream, startOfScan, isJpegText);
  if (stream[1] === j2kStart && stream[3] === j2kSize)
    return withoutSegments(stream, j2kTile, (marker) => marker === j2kComment);
  return stream;
}

function isJpegText(marker: number, length: number): boolean {
  const isApplication = marker >= 0xe0 && marker <= 0xef;
  return marker === comment || (isApplication && (!jpegKept.has(marker) || length > keptBytesMax));
}

/** Walks the segments of the main header, which all have a length, up to the marker behind it. */
function withoutSegments(
  stream: Uint8Array,
  end: number,
  isText: (marker: number, length: number) => boolean,
): Uint8Array {
  const kept: Uint8Array[] = [stream.subarray(0, 2)];
  let at = 2;
  while (at + 4 <= stream.length && stream[at] === 0xff) {
    const marker = stream[at + 1] as number;
    if (marker === end) break;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = 2 + (stream[at + 2] as number) * 256 + (stream[at + 3] as number);
    if (at + length > stream.length) return stream;
    if (!isText(marker, length)) kept.push(stream.subarray(at, at + length));
    at += length;
  }
  const rest = stream.subarray(at);
  const bytes = kept.reduce((sum, part) => sum + part.length, rest.length);
  return bytes === stream.length ? stream : new Uint8Array(Buffer.concat([...kept, rest]));
}
