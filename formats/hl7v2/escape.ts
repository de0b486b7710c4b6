import { decodeBytes } from './charset.ts';
import type { Delimiters } from './delimiters.ts';

/** Lines that one `\.sp n\` may ask for. */
const spacesMax = 100;

/**
 * Text of an element with its escape sequences resolved (HL7 v2.5.1 2.7). Done after splitting, so that `\S\` never separates.
 * `\Xhh..\` are bytes in the message's character set; `\H\` and `\N\` (highlighting) are dropped; a sequence that is unknown or not
 * closed stays as it was sent.
 */
export function unescapeText(raw: string, delimiters: Delimiters, encoding: string): string {
  const mark = delimiters.escape;
  let at = mark === '' ? -1 : raw.indexOf(mark);
  if (at < 0) return raw;
  let text = '';
  let from = 0;
  while (at >= 0) {
    const close = raw.indexOf(mark, at + 1);
    if (close < 0) break;
    const sequence = raw.slice(at + 1, close);
    const value = resolve(sequence, delimiters, encoding);
    if (value !== undefined) {
      text += raw.slice(from, at) + value;
      from = close + 1;
    }
    at = raw.indexOf(mark, value !== undefined || isEscapeShaped(sequence) ? close + 1 : at + 1);
  }
  return text + raw.slice(from);
}

/** Local (Z), character set (C, M) and formatting sequences own their closing mark; anything else was a lone mark. */
function isEscapeShaped(sequence: string): boolean {
  return /^(?:Z|[CM][0-9A-Fa-f]+$|\.[a-z]{2})/.test(sequence) && sequence.length <= 64;
}

function resolve(sequence: string, delimiters: Delimiters, encoding: string): string | undefined {
  switch (sequence) {
    case 'F':
      return delimiters.field;
    case 'S':
      return orNothing(delimiters.component);
    case 'T':
      return orNothing(delimiters.subcomponent);
    case 'R':
      return orNothing(delimiters.repetition);
    case 'E':
      return delimiters.escape;
    case 'P':
      return orNothing(delimiters.truncation);
    case 'H':
    case 'N':
      return '';
    case '.br':
      return '\n';
  }
  if (sequence.startsWith('X')) return hexText(sequence.slice(1), encoding);
  if (sequence.startsWith('.sp')) return blankLines(sequence.slice(3));
  return undefined;
}

const orNothing = (delimiter: string): string | undefined => (delimiter === '' ? undefined : delimiter);

function hexText(digits: string, encoding: string): string | undefined {
  if (digits === '' || digits.length % 2 === 1 || !/^[0-9A-Fa-f]+$/.test(digits)) return undefined;
  return decodeBytes(Buffer.from(digits, 'hex'), encoding === 'us-ascii' ? 'utf-8' : encoding).text;
}

function blankLines(count: string): string | undefined {
  const match = /^ ?\+?(\d{0,4})$/.exec(count);
  if (match === null) return undefined;
  return '\n'.repeat(Math.min(spacesMax, match[1] === '' ? 1 : Number(match[1])));
}

/**
 * The reverse: text as it may stand in a message. Separators become their sequences; a line feed `\.br\`; other control characters,
 * which would end a segment or a frame, `\Xhh\`.
 */
export function escapeText(text: string, delimiters: Delimiters): string {
  let escaped = '';
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const sequence = sequenceOf(text.charAt(at), delimiters);
    if (sequence === undefined) continue;
    escaped += `${text.slice(from, at)}${delimiters.escape}${sequence}${delimiters.escape}`;
    from = at + 1;
  }
  return from === 0 ? text : escaped + text.slice(from);
}

function sequenceOf(character: string, delimiters: Delimiters): string | undefined {
  if (character >= 'a' && character <= 'z') return undefined;
  switch (character) {
    case delimiters.field:
      return 'F';
    case delimiters.component:
      return 'S';
    case delimiters.subcomponent:
      return 'T';
    case delimiters.repetition:
      return 'R';
    case delimiters.escape:
      return 'E';
    case delimiters.truncation:
      return 'P';
    case '\n':
      return '.br';
  }
  const code = character.charCodeAt(0);
  return code < 0x20 ? `X${code.toString(16).toUpperCase().padStart(2, '0')}` : undefined;
}
