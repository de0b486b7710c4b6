import type { FhirObject } from '../../bundle/bundle.ts';
import { pathOf, type Run } from '../run.ts';
import { type Convert, clean, codeText, partAt, type RowOptions, type ValueType } from './value-type.ts';

type Place = Parameters<Convert>;

/** Encapsulated data (HL7 v2.5.1 2.A.24): source, type, subtype (table 0291), encoding (table 0299), data. */
export const encapsulatedData: ValueType = {
  yields: ['Attachment'],
  covers: [undefined, undefined, 'leaf', 'leaf', 'leaf', 'all'],
  compile:
    (options) =>
    (...place) =>
      dataOf(place, options),
};

/** Reference pointer (HL7 v2.5.1 2.A.66): where the data is, application, type, subtype. */
export const referencePointer: ValueType = {
  yields: ['Attachment'],
  covers: [undefined, 'leaf', undefined, 'leaf', 'leaf'],
  compile:
    (options) =>
    (...place) =>
      pointerOf(place, options),
};

const anyBytes = 'application/octet-stream';

function dataOf(place: Place, options: RowOptions): FhirObject | undefined {
  const [run, segment, field, rep, component, subcomponent] = place;
  const part = (n: number): string => partAt(segment, field, rep, component, subcomponent, n);
  const sent = component === 0 ? segment.value(field, rep, 5) : part(5);
  const type = contentType(part(2), part(3), options);
  if (sent === '' || sent === '""') return type === undefined ? undefined : { contentType: type };
  const data = encoded(run, place, sent, part(4));
  return { contentType: type ?? anyBytes, data };
}

function pointerOf([run, ...place]: Place, options: RowOptions): FhirObject | undefined {
  const part = (n: number): string => partAt(...place, n);
  const pointer = part(1);
  if (pointer === '') return undefined;
  const type = contentType(part(3), part(4), options);
  if (/\s/.test(pointer)) {
    run.issue('information', 'value', pathOf(run, ...place), 'blanks of the pointer are written as %20');
  }
  const attachment: FhirObject = type === undefined ? {} : { contentType: type };
  attachment.url = pointer.replace(/\s/g, '%20');
  return attachment;
}

/** FHIR holds base64 only. What says to be base64 or hexadecimal and is not is taken as the text that it is. */
function encoded(run: Run, place: Place, sent: string, encoding: string): string {
  const kind = encoding.toUpperCase();
  if (kind === 'HEX') {
    const digits = sent.replace(/\s+/g, '');
    if (digits.length % 2 === 0 && /^[0-9A-Fa-f]*$/.test(digits))
      return Buffer.from(digits, 'hex').toString('base64');
  } else if (kind !== 'A') {
    const compact = /\s/.test(sent) ? sent.replace(/\s+/g, '') : sent;
    // Senders leave the padding out, or the encoding; a text of four letters is not taken for bytes.
    const padded = compact.padEnd(Math.ceil(compact.length / 4) * 4, '=');
    const isMeant = kind === 'BASE64' || compact.length >= 64;
    if (isMeant && /^[A-Za-z0-9+/]*={0,2}$/.test(padded)) return padded;
  }
  if (kind !== 'A' && kind !== '') {
    run.issue(
      'warning',
      'value',
      pathOf(...place),
      `the data is not ${encoding}; kept as the text that it is`,
    );
  }
  return base64Of(sent);
}

export const base64Of = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

const mediaTypes = /^(application|audio|font|image|message|model|multipart|text|video)$/;

/** A media type as it stands, or by the table of subtypes (HL7 0291), or from a type and a subtype that make one. */
function contentType(type: string, subtype: string, { table }: RowOptions): string | undefined {
  const [kind, sub] = [codeText(type).toLowerCase(), codeText(subtype).toLowerCase()];
  for (const one of [sub, kind]) if (/^[a-z]+\/[^\s/]+$/.test(one)) return one;
  const row = table?.find(subtype) ?? table?.find(type);
  if (row !== undefined) return row.target;
  if (mediaTypes.test(kind) && sub !== '' && !/[\s/]/.test(sub)) return `${kind}/${sub}`;
  return undefined;
}

export const plainText = 'text/plain; charset=utf-8';

/** A whole text as an attachment. */
export function textAttachment(lines: readonly string[]): FhirObject | undefined {
  const text = clean(lines.join('\n'));
  return text === '' ? undefined : { contentType: plainText, data: base64Of(text) };
}
