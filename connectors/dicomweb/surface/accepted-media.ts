import { BitHiveError } from '../../../core/errors.ts';
import { parseMediaType } from '../../../formats/multipart/index.ts';

/** One range of an Accept header: `multipart/related; type="image/jls"; transfer-syntax=...` is `{ type: 'image/jls', isMultipart: true }`. */
export interface AcceptedMedia {
  readonly type: string;
  readonly isMultipart: boolean;
  readonly transferSyntax?: string;
}

const rangesMax = 64;
/** Of a header; a longer one names nothing that is given here. */
const charsMax = 2_000;

/** The ranges of an Accept header, best first (RFC 9110 12.5.1; PS3.18 8.7.5). Absent or unreadable: all. */
export function acceptedMedia(header: string | undefined): readonly AcceptedMedia[] {
  const ranges = splitRanges(header ?? '*/*')
    .slice(0, rangesMax)
    .flatMap((text) => {
      const media = parseMediaType(text.trim());
      if (media === null) return [];
      const quality = Number(media.parameters.get('q') ?? 1);
      const isMultipart = media.type === 'multipart/related';
      const transferSyntax = media.parameters.get('transfer-syntax');
      const type = isMultipart ? (media.parameters.get('type')?.toLowerCase() ?? '*/*') : media.type;
      return [
        {
          quality,
          media: { type, isMultipart, ...(transferSyntax === undefined ? {} : { transferSyntax }) },
        },
      ];
    });
  return ranges
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ media }) => media);
}

/** At commas that are in no quoted string. */
function splitRanges(header: string): readonly string[] {
  return header.slice(0, charsMax).match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? [];
}

export function isRange(type: string, wanted: string): boolean {
  return type === '*/*' || type === wanted || type === `${wanted.split('/')[0]}/*`;
}

/** Throws BH_HTTP_NOT_ACCEPTABLE. */
export function requireMedia(header: string | undefined, given: readonly string[]): string {
  for (const { type, isMultipart } of acceptedMedia(header)) {
    const found = given.find((wanted) => isRange(type, wanted) && !isMultipart);
    if (found !== undefined) return found;
  }
  throw notAcceptable(given.join(', '));
}

export const notAcceptable = (given: string): BitHiveError =>
  new BitHiveError('BH_HTTP_NOT_ACCEPTABLE', `given here: ${given}`);
