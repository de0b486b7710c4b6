import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';

/**
 * Parses FHIR JSON from bytes (UTF-8, RFC 8259), with what `JSON.parse` lets pass refused: names that occur twice in an
 * object (the reader would see one value, the signer another), `__proto__`, nesting beyond `limits.jsonDepthMax`, bytes that
 * are not UTF-8. Linear; throws BH_FHIR_SYNTAX.
 */
export function parseFhirJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  guard(text);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BitHiveError('BH_FHIR_SYNTAX', 'the body is not JSON', { cause });
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new BitHiveError('BH_FHIR_SYNTAX', 'the body is not UTF-8', { cause });
  }
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** Scans structure only: strings are skipped, everything else is left to `JSON.parse`. An array's frame is null. */
function guard(text: string): void {
  const frames: (Set<string> | null)[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === quote) {
      const end = endOfString(text, at);
      const names = frames.at(-1);
      if (names && isName(text, end)) addName(names, text.slice(at, end));
      at = end - 1;
    } else if (unit === 0x7b || unit === 0x5b) {
      frames.push(unit === 0x7b ? new Set() : null);
      if (frames.length > limits.jsonDepthMax)
        throw new BitHiveError('BH_FHIR_SYNTAX', 'the JSON is nested too deeply');
    } else if (unit === 0x7d || unit === 0x5d) frames.pop();
  }
}

/** Index after the closing quote. */
function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at > 0 && isEscaped(text, at)) at = text.indexOf('"', at + 1);
  if (at < 0) throw new BitHiveError('BH_FHIR_SYNTAX', 'a string is not closed');
  return at + 1;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === backslash) slashes += 1;
  return slashes % 2 === 1;
}

function isName(text: string, from: number): boolean {
  let at = from;
  while (text.charCodeAt(at) <= 0x20) at += 1;
  return text.charCodeAt(at) === colon;
}

function addName(names: Set<string>, quoted: string): void {
  const name = quoted.includes('\\') ? unescapeName(quoted) : quoted.slice(1, -1);
  if (name === '__proto__') throw new BitHiveError('BH_FHIR_SYNTAX', 'an object has the name __proto__');
  if (names.has(name)) throw new BitHiveError('BH_FHIR_SYNTAX', 'an object has a name twice');
  names.add(name);
}

function unescapeName(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch (cause) {
    throw new BitHiveError('BH_FHIR_SYNTAX', 'the body is not JSON', { cause });
  }
}
