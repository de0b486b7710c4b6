import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { objectBytes } from './object-bytes.ts';
import { bodyOf, boundary, post } from './raw-client.ts';
import { asMultipart, blobOf, codeOf, failedReasons, good, itemsOf, other, rubbish } from './stow-answers.ts';
import { type Receiver, startReceiver } from './stow-setup.ts';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  expect(await receiver.leftovers()).toEqual([]);
  await receiver.close();
});

describe('refused', () => {
  test('some: 202, each with its reason, the refused ones kept', async () => {
    const answer = await post(`${receiver.url}/studies/1.2.3`, bodyOf([good, other, rubbish]), asMultipart);
    expect(answer.status).toBe(202);
    expect(itemsOf(answer, '00081199')).toHaveLength(1);
    expect(failedReasons(answer)).toEqual([0xa900, 0xc000]);
    expect(itemsOf(answer, '00081198').map((item) => item['00081155'].Value)).toEqual([
      ['1.2.3.5'],
      undefined,
    ]);
    const kept = receiver.arrivals.filter((one) => one.refusal !== undefined);
    expect(kept.map((one) => one.refusal?.code).sort()).toEqual([
      'BH_DICOM_STUDY_MISMATCH',
      'BH_DICOM_SYNTAX',
    ]);
    for (const one of kept) expect(await receiver.blobs.has(blobOf(one))).toBe(true);
  });

  test('none: 409', async () => {
    const answer = await post(`${receiver.url}/studies`, bodyOf([rubbish, Buffer.alloc(0)]), asMultipart);
    expect(answer.status).toBe(409);
    expect(failedReasons(answer)).toEqual([0xc000, 0xc000]);
  });

  test('a study address that climbs is a name that no instance has', async () => {
    const answer = await post(`${receiver.url}/studies/..%2f..%2fetc`, bodyOf([good]), asMultipart);
    expect([answer.status, failedReasons(answer)]).toEqual([409, [0xa900]]);
  });

  test('an object that was cut off is named by its meta header', async () => {
    const cut = objectBytes({ pixels: Buffer.alloc(1000) }).subarray(0, -100);
    const answer = await post(`${receiver.url}/studies`, bodyOf([cut]), asMultipart);
    expect(answer.status).toBe(409);
    expect(failedReasons(answer)).toEqual([0xc000]);
    expect(itemsOf(answer, '00081198')[0]?.['00081155'].Value).toEqual(['1.2.3.4']);
    expect(receiver.arrivals[0]?.refusal?.code).toBe('BH_DICOM_TRUNCATED');
  });

  test('a refused object does not stand in the way of the good one', async () => {
    await post(`${receiver.url}/studies/9.9`, bodyOf([good]), asMultipart);
    const answer = await post(`${receiver.url}/studies`, bodyOf([good]), asMultipart);
    expect(answer.status).toBe(200);
    expect(receiver.arrivals.map((one) => one.refusal?.code)).toEqual(['BH_DICOM_STUDY_MISMATCH', undefined]);
  });

  test('parts of another type: 415', async () => {
    const answer = await post(`${receiver.url}/studies`, bodyOf([good], 'image/jpeg'), asMultipart);
    expect(answer.status).toBe(415);
    expect(receiver.arrivals[0]?.refusal?.code).toBe('BH_HTTP_MEDIA_TYPE');
  });
});

describe('requests that are refused as a whole', () => {
  const full = bodyOf([good]);
  test.each<[string, Buffer, Record<string, string>, number, string]>([
    ['no content type', full, {}, 415, 'BH_HTTP_MEDIA_TYPE'],
    ['not a media type', full, { 'content-type': 'nonsense' }, 415, 'BH_HTTP_MEDIA_TYPE'],
    ['JSON', full, { 'content-type': 'application/json' }, 415, 'BH_HTTP_MEDIA_TYPE'],
    [
      'metadata and bulk data',
      full,
      { 'content-type': `multipart/related; type="application/dicom+json"; boundary=${boundary}` },
      415,
      'BH_HTTP_MEDIA_TYPE',
    ],
    [
      'form data',
      full,
      { 'content-type': `multipart/form-data; boundary=${boundary}` },
      415,
      'BH_HTTP_MEDIA_TYPE',
    ],
    ['gzip', full, { ...asMultipart, 'content-encoding': 'gzip' }, 415, 'BH_HTTP_MEDIA_TYPE'],
    [
      'an answer that is not given',
      full,
      { ...asMultipart, accept: 'text/html' },
      406,
      'BH_HTTP_NOT_ACCEPTABLE',
    ],
    [
      'an answer that is forbidden',
      full,
      { ...asMultipart, accept: '*/*;q=0' },
      406,
      'BH_HTTP_NOT_ACCEPTABLE',
    ],
    [
      'no boundary parameter',
      full,
      { 'content-type': 'multipart/related; type="application/dicom"' },
      400,
      'BH_MULTIPART_SYNTAX',
    ],
    [
      'another boundary',
      full,
      { 'content-type': 'multipart/related; type="application/dicom"; boundary=x' },
      400,
      'BH_MULTIPART_SYNTAX',
    ],
    ['a boundary that is never closed', full.subarray(0, -2), asMultipart, 400, 'BH_MULTIPART_SYNTAX'],
    ['no part', Buffer.from(`--${boundary}--`), asMultipart, 400, 'BH_MULTIPART_SYNTAX'],
    ['an empty body', Buffer.alloc(0), asMultipart, 400, 'BH_MULTIPART_SYNTAX'],
    [
      'LF in place of CRLF',
      Buffer.from(full.toString('latin1').replaceAll('\r\n', '\n'), 'latin1'),
      asMultipart,
      400,
      'BH_MULTIPART_SYNTAX',
    ],
    [
      'headers without end',
      Buffer.from(`--${boundary}\r\nA: ${'b'.repeat(20_000)}`),
      asMultipart,
      413,
      'BH_MULTIPART_LIMIT',
    ],
  ])('%s', async (_name, body, headers, status, code) => {
    const answer = await post(`${receiver.url}/studies`, body, headers);
    expect([answer.status, answer.headers['content-type'], codeOf(answer)]).toEqual([
      status,
      'application/problem+json',
      code,
    ]);
    expect(receiver.arrivals).toEqual([]);
  });

  test('what came before a break is stored, and the answer says to send it all again', async () => {
    const answer = await post(`${receiver.url}/studies`, bodyOf([good, other]).subarray(0, -30), asMultipart);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text).detail).toContain('1 instances before it are stored');
    expect(receiver.arrivals).toHaveLength(1);
  });
});
