/** A media type as HTTP and MIME headers carry it. Names are lower case; parameter values are as sent, without quotes. */
export interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const typeShape = /^[!#$%&'*+.^_`|~0-9a-z-]+\/[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** One parameter: a token or a quoted string. Clients send `type=application/dicom` bare, so `/` is taken in a token too. */
const parameterShape = /;[ \t]*(?:([^\s=;"]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;"]*)))?[ \t]*/gy;

/** Reads a Content-Type (RFC 9110 section 8.3.1, RFC 2045 section 5.1); null where it is none. The first of equal parameters stands. */
export function parseMediaType(text: string): MediaType | null {
  const end = text.indexOf(';');
  const type = (end < 0 ? text : text.slice(0, end)).trim().toLowerCase();
  if (!typeShape.test(type)) return null;
  const parameters = new Map<string, string>();
  let position = end < 0 ? text.length : end;
  while (position < text.length) {
    parameterShape.lastIndex = position;
    const match = parameterShape.exec(text);
    if (match === null) return null;
    position = parameterShape.lastIndex;
    const name = match[1]?.toLowerCase();
    if (name !== undefined && !parameters.has(name)) {
      parameters.set(name, match[2]?.replaceAll(/\\(.)/g, '$1') ?? match[3]?.trim() ?? '');
    }
  }
  return { type, parameters };
}
