import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BitHiveError } from '../../../core/errors.ts';
import type { Accept } from '../../../core/ports/index.ts';
import { objectBytes } from './object-bytes.ts';
import { type Answer, bodyOf, boundary, converse, inPieces, multipartType, post } from './raw-client.ts';
import { type Receiver, startReceiver } from './stow-setup.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const asMultipart = { 'content-type': multipartType };

interface Item {
  '00081155': { Value?: string[] };
  '00081196'?: { Value: number[] };
  '00081197'?: { Value: number[] };
}
const itemsOf = (answer: Answer, tag: string): Item[] => JSON.parse(answer.text)[tag]?.Value ?? [];
const failedReasons = (answer: Answer) =>
  itemsOf(answer, '00081198').map((item) => item['00081197']?.Value[0]);
const codeOf = (answer: Answer): string => JSON.parse(answer.text).code;

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  expect(await receiver.leftovers()).toEqual([]);
  await receiver.close();
});

const good = objectBytes({ pixels: Buffer.from('pixels') });
const other = objectBytes({ sopInstanceUid: '1.2.3.5', studyInstanceUid: '1.2.99' });
const rubbish = Buffer.from('this is no DICOM object');

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
      dedupe: { key: 'sop|1.2.3.4', contentHash: sha256(good) },
      facts: { sopInstanceUid: '1.2.3.4', blob: sha256(good), bytesCount: good.length, modality: 'CT' },
    });
    expect(arrival.searchKeys).toEqual([
      ['mrn', 'PAT-1'],
      ['accession', 'ACC-1'],
      ['study-uid', '1.2.3'],
      ['sop-uid', '1.2.3.4'],
    ]);
    expect(Buffer.from(await receiver.blobs.read(arrival.dedupe!.contentHash as never))).toEqual(good);
  });

  test('to its own study, with the URL of the study', async () => {
    const answer = await post(`${receiver.url}/studies/1.2.3`, bodyOf([good]), asMultipart);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)['00081190'].Value).toEqual([`${receiver.url}/studies/1.2.3`]);
  });

  test('one object as the whole body', async () => {
    const answer = await post(`${receiver.url}/studies`, good, { 'content-type': 'application/dicom' });
    expect(answer.status).toBe(200);
    expect(receiver.arrivals[0]?.dedupe?.contentHash).toBe(sha256(good));
  });

  test.each([1, 7, 100_000])('chunked, %i bytes at a time', async (size) => {
    const answer = await post(`${receiver.url}/studies`, inPieces(bodyOf([good, other]), size), asMultipart);
    expect(answer.status).toBe(200);
    expect(receiver.arrivals.map((one) => one.dedupe?.contentHash).sort()).toEqual(
      [sha256(good), sha256(other)].sort(),
    );
  });

  test('pixel data that holds the boundary and other bytes behind it', async () => {
    const pixels = Buffer.from(`..\r\n--${boundary}x\r\n--${boundary}\n..`.padEnd(60, '.'));
    const tricky = objectBytes({ pixels });
    const answer = await post(`${receiver.url}/studies`, inPieces(bodyOf([tricky]), 5), asMultipart);
    expect(answer.status).toBe(200);
    expect(receiver.arrivals[0]?.dedupe?.contentHash).toBe(sha256(tricky));
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
    for (const one of kept) expect(await receiver.blobs.has(one.dedupe!.contentHash as never)).toBe(true);
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

describe('limits', () => {
  const limited = async (
    given: NonNullable<Parameters<typeof startReceiver>[0]>['limits'],
    body: Buffer,
    chunked: boolean,
  ) => {
    const small = await startReceiver({ limits: given! });
    try {
      const sent = chunked ? inPieces(body, 1_000) : body;
      const answer = await post(`${small.url}/studies`, sent, asMultipart);
      return { status: answer.status, code: codeOf(answer), leftovers: await small.leftovers() };
    } finally {
      await small.close();
    }
  };
  const large = bodyOf([objectBytes({ pixels: Buffer.alloc(50_000) })]);

  test('too many parts', async () => {
    expect(await limited({ partsMax: 1 }, bodyOf([good, other]), false)).toEqual({
      status: 413,
      code: 'BH_MULTIPART_LIMIT',
      leftovers: [],
    });
  });
  test('a part that is too large', async () => {
    expect(await limited({ partBytesMax: 10_000 }, large, true)).toEqual({
      status: 413,
      code: 'BH_MULTIPART_LIMIT',
      leftovers: [],
    });
  });
  test.each([true, false])('a body that is too large, chunked: %s', async (chunked) => {
    expect(await limited({ bodyBytesMax: 10_000 }, large, chunked)).toEqual({
      status: 413,
      code: 'BH_HTTP_TOO_LARGE',
      leftovers: [],
    });
  });
  test('a disk at its watermark', async () => {
    expect(await limited({ diskFreeBytesMin: Number.MAX_SAFE_INTEGER }, large, false)).toMatchObject({
      status: 507,
      code: 'BH_STORE_FULL',
    });
  });
  test('too many requests at once: 503 with Retry-After, the open one goes on', async () => {
    const small = await startReceiver({ limits: { requestsMax: 1 } });
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    async function* slowly() {
      yield bodyOf([good]).subarray(0, 50);
      await held;
      yield bodyOf([good]).subarray(50);
    }
    const first = post(`${small.url}/studies`, slowly(), asMultipart);
    let second = await post(`${small.url}/studies`, bodyOf([other]), asMultipart);
    while (second.status === 200) second = await post(`${small.url}/studies`, bodyOf([other]), asMultipart);
    expect([second.status, codeOf(second), second.headers['retry-after']]).toEqual([
      503,
      'BH_STORE_BUSY',
      '5',
    ]);
    release();
    expect((await first).status).toBe(200);
    await small.close();
  });
});

describe('clients that do not end', () => {
  const head = (length: number) =>
    `POST /dicomweb/studies HTTP/1.1\r\nHost: x\r\nContent-Type: ${multipartType}\r\nContent-Length: ${length}\r\n\r\n`;

  test('no progress: 408, closed, nothing left', async () => {
    const impatient = await startReceiver({ limits: { idleMs: 100 } });
    const answer = await converse(
      impatient.port,
      head(100_000) + bodyOf([good]).subarray(0, 150).toString('latin1'),
    );
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('BH_HTTP_TIMEOUT');
    expect(await impatient.leftovers()).toEqual([]);
    await impatient.close();
  });

  test('a byte now and then is no progress', async () => {
    const impatient = await startReceiver({ limits: { idleMs: 150 } });
    const socket = connect(impatient.port, '127.0.0.1');
    socket.write(`${head(100_000)}--${boundary}\r\n\r\n`);
    const drip = setInterval(() => socket.write('x'), 20);
    const answer = await new Promise<string>((resolve) => {
      socket.once('data', (piece) => resolve(piece.toString('latin1')));
    });
    clearInterval(drip);
    socket.destroy();
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    await impatient.close();
  });

  test('a client that trickles 1 KiB at a time gets 408; its place and its partial file are free', async () => {
    const impatient = await startReceiver({ limits: { idleMs: 250, requestsMax: 1 } });
    const socket = connect(impatient.port, '127.0.0.1');
    socket.write(`${head(100_000_000)}--${boundary}\r\n\r\n`);
    const drip = setInterval(() => socket.write(Buffer.alloc(1024)), 20);
    const answer = await new Promise<string>((resolve) => {
      socket.once('data', (piece) => resolve(piece.toString('latin1')));
    });
    clearInterval(drip);
    socket.destroy();
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(await impatient.leftovers()).toEqual([]);
    const next = await post(`${impatient.url}/studies`, bodyOf([good]), { 'content-type': multipartType });
    expect(next.status).toBe(200);
    await impatient.close();
  });

  test('a slow client that keeps the least rate is served, however long it takes', async () => {
    const patient = await startReceiver({ limits: { idleMs: 500, progressBytesMin: 40 } });
    async function* slowly(): AsyncGenerator<Uint8Array> {
      for await (const piece of inPieces(bodyOf([good]), 50)) {
        await new Promise((resolve) => setTimeout(resolve, 60));
        yield piece;
      }
    }
    const answer = await post(`${patient.url}/studies`, slowly(), { 'content-type': multipartType });
    expect(answer.status).toBe(200);
    await patient.close();
  });

  test('a client that goes away: the partial object is discarded and counted', async () => {
    const counted: string[] = [];
    let wasCounted = (): void => {};
    const isCounted = new Promise<void>((resolve) => {
      wasCounted = resolve;
    });
    const nothing = { set() {}, observe() {} };
    const watched = await startReceiver({
      metrics: {
        counter: ({ name }) => ({
          add(_amount, labels) {
            if (name !== 'bithive_dicomweb_broken_bodies_total') return;
            counted.push(labels?.code ?? '');
            wasCounted();
          },
        }),
        gauge: () => nothing,
        histogram: () => nothing,
      },
    });
    const socket = connect(watched.port, '127.0.0.1', () => {
      socket.write(head(100_000) + bodyOf([good]).subarray(0, 200).toString('latin1'), () =>
        socket.destroy(),
      );
    });
    await isCounted;
    expect(counted).toEqual(['BH_HTTP_ABORTED']);
    expect(watched.arrivals).toEqual([]);
    await watched.close();
    expect(await watched.leftovers().catch(() => [])).toEqual([]);
  });
});

describe('a store that can not', () => {
  const failing =
    (code: 'BH_STORE_FULL' | 'BH_STORE_IO'): Accept =>
    async () => {
      throw new BitHiveError(code, 'test');
    };

  test.each([
    ['BH_STORE_FULL', 507],
    ['BH_STORE_IO', 503],
  ] as const)('%s in accept: %i, A700 for each', async (code, status) => {
    const broken = await startReceiver({}, failing(code));
    const answer = await post(`${broken.url}/studies`, bodyOf([good, other]), asMultipart);
    expect([answer.status, failedReasons(answer), answer.headers['retry-after']]).toEqual([
      status,
      [0xa700, 0xa700],
      '5',
    ]);
    await broken.close();
  });

  test('blobs that fill up: what fits is stored, the rest is A700 with its UID, 202', async () => {
    let begun = 0;
    const broken = await startReceiver({}, undefined, (blobs) => ({
      ...bound(blobs),
      async begin(bytesMax) {
        const writer = await blobs.begin(bytesMax);
        if (++begun === 1) return writer;
        return {
          ...bound(writer),
          write: async () => Promise.reject(new BitHiveError('BH_STORE_FULL', 'test')),
        };
      },
    }));
    const answer = await post(`${broken.url}/studies`, bodyOf([good, other]), asMultipart);
    expect([answer.status, failedReasons(answer)]).toEqual([202, [0xa700]]);
    expect(itemsOf(answer, '00081198')[0]?.['00081155'].Value).toEqual(['1.2.3.5']);
    expect(broken.arrivals).toHaveLength(1);
    expect(await broken.leftovers()).toEqual([]);
    await broken.close();
  });

  test('a sync that fails: nothing is accepted, A700', async () => {
    const broken = await startReceiver({}, undefined, (blobs) => ({
      ...bound(blobs),
      async begin(bytesMax) {
        const writer = await blobs.begin(bytesMax);
        return {
          ...bound(writer),
          commit: async () => Promise.reject(new BitHiveError('BH_STORE_IO', 'test')),
        };
      },
    }));
    const answer = await post(`${broken.url}/studies`, bodyOf([good]), asMultipart);
    expect([answer.status, failedReasons(answer)]).toEqual([503, [0xa700]]);
    expect(broken.arrivals).toEqual([]);
    expect(await broken.leftovers()).toEqual([]);
    await broken.close();
  });
});

describe('start and stop', () => {
  test('the row comes after the bytes are durable, the answer after the row', async () => {
    const order: string[] = [];
    const watched = await startReceiver(
      {},
      async () => {
        order.push('accept');
        await new Promise((resolve) => setImmediate(resolve));
        order.push('accepted');
        return { kind: 'accepted', id: 1 as never, duplicate: false };
      },
      (blobs) => ({
        ...bound(blobs),
        async begin(bytesMax) {
          const writer = await blobs.begin(bytesMax);
          return {
            ...bound(writer),
            async commit() {
              const stored = await writer.commit();
              order.push('committed');
              return stored;
            },
          };
        },
      }),
    );
    await post(`${watched.url}/studies`, bodyOf([good]), asMultipart);
    order.push('answered');
    expect(order).toEqual(['committed', 'accept', 'accepted', 'answered']);
    await watched.close();
  });

  test('stop lets the open request finish and refuses new ones', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isOpen = (): void => {};
    const opened = new Promise<void>((resolve) => {
      isOpen = resolve;
    });
    const slow = await startReceiver({}, async () => {
      isOpen();
      await held;
      return { kind: 'accepted', id: 1 as never, duplicate: false };
    });
    const first = post(`${slow.url}/studies`, bodyOf([good]), asMultipart);
    await opened;
    const stopped = slow.source.stop(10_000);
    const second = await post(`${slow.url}/studies`, bodyOf([other]), asMultipart);
    expect([second.status, codeOf(second), second.headers['retry-after']]).toEqual([503, 'BH_STOPPING', '5']);
    release();
    await stopped;
    expect((await first).status).toBe(200);
    await slow.close();
  });

  test('a body that does not end within the grace time is given up', async () => {
    const impatient = await startReceiver();
    async function* never() {
      yield bodyOf([good]).subarray(0, 100);
      await new Promise(() => {});
    }
    const answer = post(`${impatient.url}/studies`, never(), asMultipart);
    const probe = async () => (await impatient.leftovers()).length > 0;
    while (!(await probe())) await new Promise((resolve) => setTimeout(resolve, 5));
    await impatient.source.stop(10);
    expect((await answer).status).toBe(503);
    expect(await impatient.leftovers()).toEqual([]);
    await impatient.close();
  });
});

/** An object whose methods keep their `this`, so that single ones can be replaced. */
function bound<T extends object>(whole: T): T {
  const methods: Record<string, unknown> = {};
  for (
    let proto: object | null = whole;
    proto !== null && proto !== Object.prototype;
    proto = Object.getPrototypeOf(proto)
  ) {
    for (const name of Object.getOwnPropertyNames(proto)) {
      const value = (whole as Record<string, unknown>)[name];
      if (typeof value === 'function' && !(name in methods)) methods[name] = value.bind(whole);
    }
  }
  return methods as T;
}
