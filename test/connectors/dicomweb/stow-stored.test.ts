import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { objectBytes } from './object-bytes.ts';
import { bodyOf, boundary, inPieces, post } from './raw-client.ts';
import { asMultipart, blobOf, good, itemsOf, other, sha256 } from './stow-answers.ts';
import { type Receiver, startReceiver } from './stow-setup.ts';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  expect(await receiver.leftovers()).toEqual([]);
  await receiver.close();
});

describe('stored', () => {
  test('all: 200, the blob holds the bytes as they came, the arrival what was read', async () => {
    const answer = await post(`${receiver.url}/studies`, bodyOf([good, other]), asMultipart);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/dicom+json');
    expect(itemsOf(answer, '00081199').map((item) => item['00081155'].Value)).toEqual([
      ['1.2.3.4'],
      ['1.2.3.5'],
    ]);
    expect(JSON.parse(answer.text)['00081190']).toEqual({ vr: 'UR' });
    expect(receiver.arrivals).toHaveLength(2);
    const arrival = receiver.arrivals.find((one) => one.dedupe?.key === 'sop|1.2.3.4')!;
    expect(arrival).toMatchObject({
      kind: 'dicom',
      type: '1.2.840.10008.5.1.4.1.1.2',
      sender: '127.0.0.1',
      contentType: 'application/dicom',
      body: { kind: 'blob', hash: sha256(good), bytesCount: good.length },
      dedupe: { key: 'sop|1.2.3.4', contentHash: sha256(good.subarray(144 + good.readUInt32LE(140))) },
      facts: { sopInstanceUid: '1.2.3.4', blob: sha256(good), bytesCount: good.length, modality: 'CT' },
    });
    expect(arrival.searchKeys).toEqual([
      ['mrn', 'PAT-1'],
      ['accession', 'ACC-1'],
      ['study-uid', '1.2.3'],
      ['sop-uid', '1.2.3.4'],
    ]);
    expect(Buffer.from(await receiver.blobs.read(blobOf(arrival)))).toEqual(good);
  });

  test('to its own study, with the URL of the study', async () => {
    const answer = await post(`${receiver.url}/studies/1.2.3`, bodyOf([good]), asMultipart);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)['00081190'].Value).toEqual([`${receiver.url}/studies/1.2.3`]);
  });

  test('one object as the whole body', async () => {
    const answer = await post(`${receiver.url}/studies`, good, { 'content-type': 'application/dicom' });
    expect(answer.status).toBe(200);
    expect(blobOf(receiver.arrivals[0])).toBe(sha256(good));
  });

  test.each([1, 7, 100_000])('chunked, %i bytes at a time', async (size) => {
    const answer = await post(`${receiver.url}/studies`, inPieces(bodyOf([good, other]), size), asMultipart);
    expect(answer.status).toBe(200);
    expect(receiver.arrivals.map(blobOf).sort()).toEqual([sha256(good), sha256(other)].sort());
  });

  test('pixel data that holds the boundary and other bytes behind it', async () => {
    const pixels = Buffer.from(`..\r\n--${boundary}x\r\n--${boundary}\n..`.padEnd(60, '.'));
    const tricky = objectBytes({ pixels });
    const answer = await post(`${receiver.url}/studies`, inPieces(bodyOf([tricky]), 5), asMultipart);
    expect(answer.status).toBe(200);
    expect(blobOf(receiver.arrivals[0])).toBe(sha256(tricky));
  });

  test('an object whose header is longer than the head that is kept in memory', async () => {
    const long = objectBytes({ patientId: 'P', pixels: Buffer.alloc(2) });
    const filler = Buffer.alloc(12 + 200_000);
    filler.writeUInt16LE(0x0009, 0);
    filler.writeUInt16LE(0x1001, 2);
    filler.write('OB', 4, 'latin1');
    filler.writeUInt32LE(200_000, 8);
    const at = long.indexOf(Buffer.from([0x10, 0x00, 0x20, 0x00]));
    const bytes = Buffer.concat([long.subarray(0, at), filler, long.subarray(at)]);
    expect((await post(`${receiver.url}/studies`, bodyOf([bytes]), asMultipart)).status).toBe(200);
    expect(receiver.arrivals[0]?.searchKeys[0]).toEqual(['mrn', 'P']);
  });

  test('the same again is a success and no new message', async () => {
    await post(`${receiver.url}/studies`, bodyOf([good]), asMultipart);
    const answer = await post(`${receiver.url}/studies`, bodyOf([good]), asMultipart);
    expect(answer.status).toBe(200);
    expect(receiver.arrivals).toHaveLength(1);
  });

  test('the same UID with other content is kept too, with a warning and 202', async () => {
    await post(`${receiver.url}/studies`, bodyOf([good]), asMultipart);
    const answer = await post(
      `${receiver.url}/studies`,
      bodyOf([objectBytes({ pixels: Buffer.from('others') })]),
      asMultipart,
    );
    expect(answer.status).toBe(202);
    expect(itemsOf(answer, '00081199')[0]?.['00081196']?.Value).toEqual([0xb111]);
    expect(receiver.arrivals).toHaveLength(2);
  });

  test('hostile strings are data', async () => {
    const hostile = objectBytes({
      patientId: '<img onerror=x>',
      sopInstanceUid: '../../etc/passwd',
      studyInstanceUid: '<&>"',
    });
    const answer = await post(`${receiver.url}/studies`, bodyOf([hostile]), {
      ...asMultipart,
      accept: 'application/dicom+xml',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/dicom+xml');
    expect(answer.text).toContain('<Value number="1">../../etc/passwd</Value>');
    expect(answer.text).not.toContain('<&>');
  });
});
