import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';

/**
 * Starts and ends of the segments, as pairs in one flat array. CR ends a segment (HL7 v2.5.1 2.3); LF and CR LF, which many senders
 * write, do as well. Empty lines are no segments. Throws BH_HL7_TOO_LARGE past `limits.hl7SegmentsMax`.
 */
export function lineBounds(text: string): readonly number[] {
  return text.includes('\n') ? mixedBounds(text) : carriageReturnBounds(text);
}

function carriageReturnBounds(text: string): number[] {
  const bounds: number[] = [];
  let start = 0;
  for (let end = text.indexOf('\r'); end >= 0; end = text.indexOf('\r', start)) {
    add(bounds, start, end);
    start = end + 1;
  }
  add(bounds, start, text.length);
  return bounds;
}

function mixedBounds(text: string): number[] {
  const bounds: number[] = [];
  const ends = /[\r\n]/g;
  let start = 0;
  for (let match = ends.exec(text); match !== null; match = ends.exec(text)) {
    add(bounds, start, match.index);
    start = match.index + 1;
  }
  add(bounds, start, text.length);
  return bounds;
}

function add(bounds: number[], start: number, end: number): void {
  if (end === start) return;
  if (bounds.length >= 2 * limits.hl7SegmentsMax) {
    throw new BitHiveError('BH_HL7_TOO_LARGE', `more than ${limits.hl7SegmentsMax} segments`);
  }
  bounds.push(start, end);
}
