import { expect, test } from '@jest/globals';
import { acceptedMedia } from '../../../../connectors/dicomweb/surface/accepted-media.ts';
import { frameForm } from '../../../../connectors/dicomweb/surface/frame-media.ts';

const j2k = '1.2.840.10008.1.2.4.90';
const native = '1.2.840.10008.1.2.1';

test('ranges of an Accept header, best first; commas in quotes part nothing', () => {
  const header =
    'multipart/related; type="application/dicom"; transfer-syntax="1,2"; q=0.2, image/png;q=0.5, text/x;q=0';
  expect(acceptedMedia(header)).toEqual([
    { type: 'image/png', isMultipart: false },
    { type: 'application/dicom', isMultipart: true, transferSyntax: '1,2' },
  ]);
  expect(acceptedMedia(undefined)).toEqual([{ type: '*/*', isMultipart: false }]);
});

test.each([
  [undefined, j2k, true, false, 'application/octet-stream'],
  ['*/*', j2k, true, false, 'application/octet-stream'],
  ['multipart/related; type="application/octet-stream"', j2k, true, false, 'application/octet-stream'],
  [
    'multipart/related; type="application/octet-stream"; transfer-syntax=*',
    j2k,
    true,
    true,
    'application/octet-stream',
  ],
  [
    'multipart/related; type="application/octet-stream"; transfer-syntax=*',
    native,
    false,
    false,
    'application/octet-stream',
  ],
  ['multipart/related; type="image/jp2"', j2k, true, true, 'image/jp2'],
  [`multipart/related; type="image/jp2"; transfer-syntax=${j2k}`, j2k, true, true, 'image/jp2'],
  [
    `multipart/related; type="image/jls", multipart/related; type="application/octet-stream"; transfer-syntax=${native}`,
    j2k,
    true,
    false,
    'application/octet-stream',
  ],
])('%s of %s', (accept, syntax, isEncapsulated, isEncoded, rootType) => {
  expect(frameForm(accept, syntax, isEncapsulated)).toMatchObject({ isEncoded, rootType });
});

test.each([
  ['multipart/related; type="image/jls"', j2k],
  ['multipart/related; type="image/jp2"; transfer-syntax=1.2.840.10008.1.2.4.91', j2k],
  ['text/html', j2k],
])('%s of %s is not given', (accept, syntax) => {
  expect(() => frameForm(accept, syntax, true)).toThrow('given here');
});
