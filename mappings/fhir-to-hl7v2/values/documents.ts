import type { Converter, Fields } from '../compiler/converter.ts';
import { isObject } from '../resource-graph.ts';
import { leafText } from './digits.ts';
import { textFields } from './observation-value.ts';

/** HL7 tables 0191 (type of data) and 0291 (subtype) of a media type. */
function dataTypeOf(contentType: string): readonly [type: string, subtype: string] {
  const [type = '', subtype = ''] = contentType.toLowerCase().replace(/;.*$/, '').trim().split('/');
  const known: { readonly [name: string]: string } = {
    html: 'HTML',
    pdf: 'PDF',
    jpeg: 'JPEG',
    rtf: 'RTF',
    xml: 'XML',
  };
  const classOf: { readonly [type: string]: string } = {
    text: 'TEXT',
    image: 'IM',
    audio: 'AU',
    multipart: 'multipart',
  };
  return [classOf[type] ?? 'AP', known[subtype] ?? subtype];
}

/**
 * An Attachment as OBX-2 and OBX-5: plain text as TX, other bytes as ED with Base64 (HL7 v2.5.1 2.A.24), a link as RP (2.A.65).
 */
export const attachment: Converter = (_run, node): Fields | undefined => {
  if (!isObject(node)) return undefined;
  const contentType = leafText(node.contentType);
  const [type, subtype] = dataTypeOf(contentType);
  const base64 = leafText(node.data);
  if (base64 !== '' && /^text\/plain\b/i.test(contentType))
    return textFields(Buffer.from(base64, 'base64').toString('utf8'), 'TX');
  if (base64 !== '') return { fields: { 2: 'ED', 5: ['', type, subtype, 'Base64', base64] } };
  const url = leafText(node.url);
  return url === '' ? undefined : { fields: { 2: 'RP', 5: [url, '', type, subtype] } };
};

/** The text of a report, on one or more lines, as OBX-2 and OBX-5. */
export const text: Converter = (_run, node) => textFields(leafText(node), 'TX');

/** OBX-7: as it is written, else from its bounds (HL7 v2.5.1 7.4.2.7). */
export const referenceRange: Converter = (_run, node) => {
  if (!isObject(node)) return undefined;
  const written = leafText(node.text);
  const [low, high] = [node.low, node.high].map((one) => (isObject(one) ? leafText(one.value) : ''));
  if (written !== '') return written;
  if (low !== '' && high !== '') return `${low}-${high}`;
  return low !== '' ? `>=${low}` : high !== '' ? `<=${high}` : undefined;
};
