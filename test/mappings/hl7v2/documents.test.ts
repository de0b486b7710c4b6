import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import type { Conversion, FhirObject, Resource } from '../../../mappings/index.ts';
import { convert, entriesOf, header, resourceOf, resourcesOf } from '../site.ts';

const pid = 'PID|1||1001^^^HOSP^MR||Muster^Max';
const txa = (parent = '', status = 'AU', availability = 'AV'): string =>
  `TXA|1|DS|TX||||20261122070000|||123^Arzt^A|124^Chef^C||D2^HIS|${parent}|||letter.txt|${status}||${availability}`.replace(
    '||||2026',
    '|||2026',
  );

function documentsOf(event: string, ...segments: readonly string[]): Conversion {
  const conversion = convert(header(`MDM^${event}^MDM_T02`), pid, ...segments);
  for (const bundle of [conversion.bundle, conversion.before ?? conversion.bundle])
    expect(validate(bundle).filter(({ severity }) => severity === 'error')).toEqual([]);
  return conversion;
}

const contentOf = (document: Resource): readonly FhirObject[] =>
  (document.content as FhirObject[]).map(({ attachment }) => attachment as FhirObject);

const textOf = ({ data }: FhirObject): string => Buffer.from(data as string, 'base64').toString();

const patchOf = ({ bundle }: Conversion) => {
  const entry = bundle.entry.find(({ request }) => request.method === 'PATCH');
  const data = Buffer.from(entry?.resource.data as string, 'base64').toString();
  return { url: entry?.request.url, operations: JSON.parse(data) as readonly FhirObject[] };
};

describe('the content of a document', () => {
  test('lines of text are one text, in their order', () => {
    const conversion = documentsOf(
      'T02',
      txa(),
      'OBX|1|TX|11490-0^Discharge summary^LN||line 1~line 2||||||F',
      'OBX|2|FT|11490-0^Discharge summary^LN||line 3\\.br\\line 4||||||F',
      'ZXX|stranger',
      'NTE|1||a note',
      'OBX|3|TX|11490-0^Discharge summary^LN||line 5||||||F',
    );
    const [text, ...others] = contentOf(resourceOf(conversion, 'DocumentReference'));
    expect(others).toEqual([]);
    expect(text).toMatchObject({ contentType: 'text/plain; charset=utf-8', title: 'Discharge summary' });
    expect(textOf(text!)).toBe('line 1\nline 2\nline 3\nline 4\na note\nline 5');
    expect(resourcesOf(conversion, 'Observation')).toEqual([]);
  });

  test('a section of another name gets a line that says so', () => {
    const conversion = documentsOf(
      'T02',
      txa(),
      'OBX|1|TX|F^Findings^L||clear lungs',
      'OBX|2|TX|F^Findings^L||normal heart',
      'OBX|3|TX|I^Impression^L||healthy',
    );
    const [text] = contentOf(resourceOf(conversion, 'DocumentReference'));
    expect(textOf(text!)).toBe('Findings:\nclear lungs\nnormal heart\nImpression:\nhealthy');
  });

  test('bytes and pointers keep their place among the texts', () => {
    const content = contentOf(
      resourceOf(
        documentsOf(
          'T02',
          txa(),
          'OBX|1|TX|T^Text^L||before',
          'OBX|2|ED|P^Letter^L||HIS^application^pdf^Base64^JVBERi0xLjQ=||||||F|||20261122070000',
          'OBX|3|TX|T^Text^L||after',
          'OBX|4|RP|I^Images^L||http://pacs.example/a b^PACS^IM^JPEG',
        ),
        'DocumentReference',
      ),
    );
    expect(content.map(({ contentType }) => contentType)).toEqual([
      'text/plain; charset=utf-8',
      'application/pdf',
      'text/plain; charset=utf-8',
      'image/jpeg',
    ]);
    expect(content[1]).toEqual({
      contentType: 'application/pdf',
      data: 'JVBERi0xLjQ=',
      title: 'Letter',
      creation: '2026-11-22T07:00:00+01:00',
    });
    expect(content[3]?.url).toBe('http://pacs.example/a%20b');
  });

  test.each([
    ['Base64 without padding', '^application^PDF^Base64^JVBERi0xLjQ', 'application/pdf', 'JVBERi0xLjQ='],
    ['hexadecimal', '^IM^PNG^Hex^89504E47', 'image/png', Buffer.from('89504e47', 'hex').toString('base64')],
    [
      'plain text',
      '^TEXT^^A^Gr\u00fc\u00dfe',
      'text/plain',
      Buffer.from('Gr\u00fc\u00dfe').toString('base64'),
    ],
    [
      'no base64 at all',
      '^application^pdf^Base64^not (base64)',
      'application/pdf',
      Buffer.from('not (base64)').toString('base64'),
    ],
    ['a media type as it stands', '^text/html^^A^<p/>', 'text/html', Buffer.from('<p/>').toString('base64')],
    ['no bytes', '^application^pdf^Base64^', 'application/pdf', undefined],
  ])('encapsulated data: %s', (_what, sent, contentType, data) => {
    const [attachment] = contentOf(
      resourceOf(documentsOf('T02', txa(), `OBX|1|ED|P^Letter^L||${sent}`), 'DocumentReference'),
    );
    expect(attachment).toMatchObject({ contentType, ...(data === undefined ? {} : { data }) });
    expect(attachment?.data).toBe(data);
  });

  test('a number among the text is a finding, not a line', () => {
    const conversion = documentsOf(
      'T02',
      txa(),
      'OBX|1|NM|8867-4^Heart rate^LN||72|/min',
      'OBX|2|TX|T||text',
    );
    const document = resourceOf(conversion, 'DocumentReference');
    const [finding] = entriesOf(conversion, 'Observation');
    expect(finding?.resource.valueQuantity).toMatchObject({ value: 72 });
    expect(textOf(contentOf(document)[0]!)).toBe('text');
    expect((document.context as FhirObject).related).toContainEqual({ reference: finding?.fullUrl });
  });
});

describe('a document', () => {
  test('is known under its unique number, with type, author, authenticator and state', () => {
    const conversion = documentsOf('T02', txa(), 'OBX|1|TX|T||text');
    const [entry] = entriesOf(conversion, 'DocumentReference');
    expect(entry?.request.url).toMatch(/^DocumentReference\?identifier=.*%7CD2$/);
    expect(entry?.resource).toMatchObject({
      status: 'current',
      docStatus: 'final',
      type: { coding: [{ code: 'DS' }] },
      identifier: [{ value: 'letter.txt' }],
    });
  });

  test.each([
    ['T02', 'AV', 'current'],
    ['T02', 'OB', 'superseded'],
    ['T02', 'CA', 'entered-in-error'],
    ['T02', 'UN', 'current'],
    ['T02', '', 'current'],
  ])('%s %s is %s', (event, availability, status) => {
    const conversion = documentsOf(event, txa('', 'AU', availability), 'OBX|1|TX|T||text');
    expect(resourceOf(conversion, 'DocumentReference').status).toBe(status);
  });

  test('an addendum names its parent', () => {
    const conversion = documentsOf('T06', txa('D1^HIS'), 'OBX|1|TX|T||text');
    expect(resourceOf(conversion, 'DocumentReference').relatesTo).toMatchObject([
      { code: 'appends', target: { identifier: { value: 'D1' } } },
    ]);
    expect(conversion).not.toHaveProperty('before');
  });

  test('a replacement supersedes the other, whose content stays', () => {
    const conversion = documentsOf('T10', txa('D1^HIS'), 'OBX|1|TX|T||text');
    expect(resourceOf(conversion, 'DocumentReference').relatesTo).toMatchObject([{ code: 'replaces' }]);
    expect(patchOf(conversion)).toEqual({
      url: expect.stringMatching(/%7CD1$/),
      operations: [{ op: 'add', path: '/status', value: 'superseded' }],
    });
    expect(conversion.before?.entry.map(({ request }) => request.url.split('?')[0])).toEqual([
      'Patient',
      'DocumentReference',
    ]);
  });

  test.each(['T03', 'T07', 'T11'])('%s without content changes the state and leaves the content', (event) => {
    const conversion = documentsOf(event, txa());
    const { url, operations } = patchOf(conversion);
    expect(url).toMatch(/%7CD2$/);
    expect(operations.map(({ path }) => path)).toEqual([
      '/status',
      '/docStatus',
      '/type',
      '/date',
      '/authenticator',
    ]);
    expect(operations[0]?.value).toBe(event === 'T11' ? 'entered-in-error' : 'current');
    // What it refers to stands outside of the transaction that creates it: by identifier.
    expect(operations[4]?.value).toMatchObject({ type: 'Practitioner', identifier: { value: '124' } });
    expect(JSON.stringify(operations)).not.toContain('urn:uuid:');
  });

  test('a status change that carries the content is told whole', () => {
    const conversion = documentsOf('T03', txa(), 'OBX|1|TX|T||text');
    expect(entriesOf(conversion, 'DocumentReference')[0]?.request.method).toBe('PUT');
  });

  test('refers to its order, which it does not overwrite', () => {
    const conversion = documentsOf(
      'T02',
      'ORC|RE|PO1^HIS|FO1^RIS',
      'OBR|1|PO1^HIS|FO1^RIS|CT^CT^L',
      txa(),
      'OBX|1|TX|T||text',
    );
    const [order] = entriesOf(conversion, 'ServiceRequest');
    expect(order?.request.method).toBe('POST');
    expect(resourceOf(conversion, 'DocumentReference').context).toMatchObject({
      related: [{ reference: order?.fullUrl }],
    });
  });

  test('notes behind TXA are of the document, not of the order before it', () => {
    const conversion = documentsOf(
      'T02',
      'ORC|RE|PO1^HIS',
      'NTE|1||of the order',
      txa(),
      'OBX|1|TX|T||text',
      'NTE|1||of the text',
    );
    expect(JSON.stringify(resourceOf(conversion, 'ServiceRequest'))).not.toContain('of the text');
    expect(textOf(contentOf(resourceOf(conversion, 'DocumentReference'))[0]!)).toBe('text\nof the text');
  });

  test('a consent goes with it', () => {
    const conversion = documentsOf(
      'T02',
      txa(),
      'CON|1|001|100-2||HIPAA form||||||A|20261122',
      'OBX|1|TX|T||text',
    );
    expect(resourceOf(conversion, 'Consent')).toMatchObject({
      status: 'active',
      policyRule: { text: 'HIPAA form' },
      dateTime: '2026-11-22',
    });
  });
});
