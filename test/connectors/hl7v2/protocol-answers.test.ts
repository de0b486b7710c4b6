import { afterEach, describe, expect, test } from '@jest/globals';
import type { MllpSourceOptions } from '../../../connectors/hl7v2/index.ts';
import { BitHiveError } from '../../../core/errors.ts';
import { messageId } from '../../../core/ids.ts';
import { until } from '../../until.ts';
import { adt, CR, FS, framed, type Listener, listen, RawClient, summary, VT } from './listener.ts';

type AcceptLike = Parameters<typeof listen>[1];

let listener: Listener | undefined;
const clients: RawClient[] = [];

async function open(options: Partial<MllpSourceOptions> = {}, accept?: AcceptLike): Promise<RawClient> {
  listener = await listen(options, accept);
  return again();
}

function again(): RawClient {
  const client = new RawClient(listener!.port);
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await listener?.stop(200);
});

/** Still open: a further message is answered. */
async function expectOpen(client: RawClient): Promise<void> {
  const before = client.answers.length;
  client.send(framed(adt('LAST')));
  const answers = await client.answered(before + 1);
  expect(summary(answers.at(-1)!)).toBe('AA:LAST');
}

async function expectClosed(client: RawClient): Promise<void> {
  await client.until(() => client.isClosed);
}

const refusalCodes = (): (string | undefined)[] => listener!.arrivals.map((arrival) => arrival.refusal?.code);

describe('MLLP answers', () => {
  test('well-formed, stored: AA, sender and receiver swapped, same version', async () => {
    const client = await open();
    client.send(framed(adt('C1')));
    const [ack] = await client.answered(1);
    expect(summary(ack!)).toBe('AA:C1');
    expect(ack!.get('MSH-3')).toBe('EHR');
    expect(ack!.get('MSH-5')).toBe('HIS');
    expect(ack!.get('MSH-9')).toBe('ACK^A04^ACK');
    expect(ack!.get('MSH-12')).toBe('2.5.1');
    expect(ack!.get('MSH-10')).not.toBe('C1');
    await expectOpen(client);
  });

  test('enhanced mode: CA, then AA as MSH-15 and MSH-16 ask', async () => {
    const client = await open();
    client.send(framed(adt('C1', '|||AL|AL')), framed(adt('C2', '|||NE|AL')), framed(adt('C3', '|||AL|NE')));
    const answers = await client.answered(4);
    expect(answers.map(summary)).toEqual(['CA:C1', 'AA:C1', 'AA:C2', 'CA:C3']);
    client.send(framed(adt('C4', '|||ER|NE')), framed(adt('', '|||ER|AL')));
    expect((await client.answered(5)).slice(4).map(summary)).toEqual(['CE::101']);
    await expectOpen(client);
  });

  test('several frames in one read: one answer each, in order', async () => {
    const client = await open();
    client.send(framed(adt('C1')), framed(adt('C2')), framed(adt('C3')));
    expect((await client.answered(3)).map(summary)).toEqual(['AA:C1', 'AA:C2', 'AA:C3']);
  });

  test('answers keep the order of arrival when acceptance does not', async () => {
    const waiting: (() => void)[] = [];
    const client = await open({}, async (_, id) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { kind: 'accepted', id: messageId(id), duplicate: false };
    });
    client.send(framed(adt('C1')), framed(adt('C2')), framed(adt('C3')));
    await until(() => waiting.length === 3);
    for (const release of waiting.reverse()) release();
    expect((await client.answered(3)).map(summary)).toEqual(['AA:C1', 'AA:C2', 'AA:C3']);
  });

  test('a frame in pieces of one byte, split between FS and CR', async () => {
    const client = await open();
    client.socket.setNoDelay(true);
    for (const byte of framed(adt('C1'))) {
      client.send(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await client.answered(1)).map(summary)).toEqual(['AA:C1']);
  });

  test('bytes before VT are skipped', async () => {
    const client = await open();
    client.send('junk\r\n', framed(adt('C1')), 'more', framed(adt('C2')));
    expect((await client.answered(2)).map(summary)).toEqual(['AA:C1', 'AA:C2']);
  });

  test('VT inside a frame: the partial is quarantined with AE 100, the new frame is read', async () => {
    const client = await open();
    client.send(VT, adt('C1'), framed(adt('C2')));
    expect((await client.answered(2)).map(summary)).toEqual(['AE:C1:100', 'AA:C2']);
    expect(refusalCodes()).toEqual(['BH_HL7_FRAME_BROKEN', undefined]);
    expect(listener!.arrivals[0]!.body).toEqual({ kind: 'inline', bytes: Buffer.from(adt('C1')) });
    await expectOpen(client);
  });

  test('two start blocks in a row lose nothing and get one answer', async () => {
    const client = await open();
    client.send(VT, framed(adt('C1')));
    await client.answered(1);
    await expectOpen(client);
    expect(client.answers.map(summary)).toEqual(['AA:C1', 'AA:LAST']);
  });

  test('FS without CR, then VT: both frames are read', async () => {
    const client = await open();
    client.send(VT, adt('C1'), FS, framed(adt('C2')));
    expect((await client.answered(2)).map(summary)).toEqual(['AA:C1', 'AA:C2']);
  });

  test('FS without CR, then silence: the frame is read', async () => {
    const client = await open({ endQuietMs: 20 });
    client.send(VT, adt('C1'), FS);
    expect((await client.answered(1)).map(summary)).toEqual(['AA:C1']);
    client.send(CR);
    await expectOpen(client);
  });

  test('FS without CR, then something else: quarantined up to the next VT, AE 100', async () => {
    const client = await open();
    client.send(VT, adt('C1'), FS, 'rubbish', framed(adt('C2')));
    expect((await client.answered(2)).map(summary)).toEqual(['AE:C1:100', 'AA:C2']);
    expect(listener!.arrivals[0]!.body).toEqual({
      kind: 'inline',
      bytes: Buffer.from(`${adt('C1')}${FS}rubbish`),
    });
    client.send(VT, adt('C3'), FS, 'x', FS, CR);
    expect((await client.answered(3)).map(summary).at(-1)).toBe('AE:C3:100');
    await expectOpen(client);
  });

  test.each([
    ['empty frame', ''],
    ['no MSH', 'PID|1||77\r'],
    ['not HL7', 'HELLO|WORLD'],
    ['UTF-16', Buffer.from(adt('C1'), 'utf16le')],
    ['a letter as separator', 'MSHELLO'],
    ['one separator twice', adt('C1').replace('^~\\&', '^^\\&')],
  ])('%s: AR 100 with an MSH of our own and an empty MSA-2', async (_, message) => {
    const client = await open();
    client.send(framed(message));
    const [ack] = await client.answered(1);
    expect(summary(ack!)).toBe('AR::100');
    expect(ack!.get('MSH-3')).toBe('BITHIVE');
    expect(refusalCodes()).toEqual(['BH_HL7_NOT_HL7']);
    await expectOpen(client);
  });

  test('MSH-10 missing: AE 101; over 199 characters: AE 102', async () => {
    const client = await open();
    client.send(framed(adt('')), framed(adt('x'.repeat(200))), framed(adt('x'.repeat(199))));
    const answers = (await client.answered(3)).map(summary);
    expect(answers).toEqual(['AE::101', `AE:${'x'.repeat(200)}:102`, `AA:${'x'.repeat(199)}`]);
    await expectOpen(client);
  });

  test('a type or version that no map knows is stored; with strict rules AR 200, 201, 203', async () => {
    const odd = adt('C1').replace('ADT^A04', 'ZZZ^Z99').replace('2.5.1', '9.9');
    const client = await open();
    client.send(framed(odd));
    expect((await client.answered(1)).map(summary)).toEqual(['AA:C1']);
    await listener!.stop(200);
    const strict = await open({ strict: { types: ['ADT^A04', 'ORM'], versions: ['2.5.1'] } });
    strict.send(
      framed(adt('C1')),
      framed(adt('C2').replace('ADT^A04', 'ORM^O01')),
      framed(adt('C3').replace('ADT^A04', 'ZZZ^Z99')),
      framed(adt('C4').replace('ADT^A04', 'ADT^A08')),
      framed(adt('C5').replace('2.5.1', '2.9')),
    );
    const expected = ['AA:C1', 'AA:C2', 'AR:C3:200', 'AR:C4:201', 'AR:C5:203'];
    expect((await strict.answered(5)).map(summary)).toEqual(expected);
    await expectOpen(strict);
  });

  test('bytes that are not valid in the declared charset: stored as sent, AA with a warning; strict AE 102', async () => {
    const bytes = Buffer.from(adt('C1', '||||||UNICODE UTF-8').replace('Doe', 'M\xfcller'), 'latin1');
    const client = await open();
    client.send(framed(bytes));
    const [ack] = await client.answered(1);
    expect(summary(ack!)).toBe('AA:C1:102');
    expect(ack!.get('ERR-4')).toBe('W');
    expect(listener!.arrivals[0]!.body).toEqual({ kind: 'inline', bytes });
    await listener!.stop(200);
    const strict = await open({ strict: { types: [], versions: [] } });
    strict.send(framed(bytes));
    expect((await strict.answered(1)).map(summary)).toEqual(['AE:C1:102']);
    await expectOpen(strict);
  });

  test('the same message twice: the same dedupe key and hash, the same answer', async () => {
    const client = await open({}, async (arrival, id) =>
      id === 1
        ? { kind: 'accepted', id: messageId(1), duplicate: false }
        : { kind: 'accepted', id: messageId(1), duplicate: arrival.dedupe !== undefined },
    );
    client.send(framed(adt('C1')), framed(adt('C1')), framed(adt('C1').replace('Doe', 'Roe')));
    expect((await client.answered(3)).map(summary)).toEqual(['AA:C1', 'AA:C1', 'AA:C1']);
    const [first, second, other] = listener!.arrivals.map((arrival) => arrival.dedupe);
    expect(second).toEqual(first);
    expect(other!.key).toBe(first!.key);
    expect(other!.contentHash).not.toBe(first!.contentHash);
  });

  test('over the size limit: AR 207 while it still comes, not kept, closed', async () => {
    const client = await open({ messageBytesMax: 4096 });
    client.send(VT, adt('C1'), 'OBX|1|ED|||', 'A'.repeat(8000));
    expect((await client.answered(1)).map(summary)).toEqual(['AR:C1:207']);
    await expectClosed(client);
    expect(listener!.arrivals).toEqual([]);
  });

  test('a frame that is not finished in time: AE 207, kept, closed', async () => {
    const client = await open({ frameIdleMs: 60 });
    client.send(VT, adt('C1'));
    expect((await client.answered(1)).map(summary)).toEqual(['AE:C1:207']);
    await expectClosed(client);
    expect(refusalCodes()).toEqual(['BH_HL7_TIMEOUT']);
  });

  test('bytes that trickle do not keep a frame alive', async () => {
    const client = await open({ frameIdleMs: 80 });
    client.send(VT, 'MSH|');
    const trickle = setInterval(() => client.socket.write('x'), 10);
    expect((await client.answered(1)).length).toBe(1);
    clearInterval(trickle);
    await expectClosed(client);
  });

  test('an idle connection without a frame stays open', async () => {
    const client = await open({ frameIdleMs: 20, endQuietMs: 10 });
    client.send(framed(adt('C1')));
    await client.answered(1);
    await new Promise((resolve) => setTimeout(resolve, 80));
    await expectOpen(client);
  });

  test('more connections than the limit are refused', async () => {
    const first = await open({ connectionsMax: 1 });
    first.send(framed(adt('C1')));
    await first.answered(1);
    const second = again();
    await expectClosed(second);
    await expectOpen(first);
  });

  test.each([
    ['BH_STORE_FULL', '', 'AE:C1:207'],
    ['BH_STORE_IO', '|||AL|AL', 'CE:C1:207'],
  ] as const)(
    'a store that cannot commit (%s): the sender keeps the message',
    async (code, more, expected) => {
      const client = await open({}, async () => {
        throw new BitHiveError(code, 'cannot write');
      });
      client.send(framed(adt('C1', more)));
      expect((await client.answered(1)).map(summary)).toEqual([expected]);
      client.send(framed(adt('C2')));
      expect((await client.answered(2)).map(summary).at(-1)).toBe('AE:C2:207');
    },
  );

  test('stopping: frames that were read are stored and answered, then the connection closes', async () => {
    const waiting: (() => void)[] = [];
    const client = await open({}, async (_, id) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { kind: 'accepted', id: messageId(id), duplicate: false };
    });
    client.send(framed(adt('C1')), framed(adt('C2')), VT, 'MSH|');
    await until(() => waiting.length === 2);
    const stopped = listener!.stop(60_000);
    client.send(framed(adt('C3')));
    for (const release of waiting) release();
    expect((await client.answered(2)).map(summary)).toEqual(['AA:C1', 'AA:C2']);
    await expectClosed(client);
    client.close();
    await stopped;
    expect(listener!.arrivals).toHaveLength(2);
  });

  test('stopping does not wait longer than its grace for an answer that never comes', async () => {
    const client = await open({}, () => new Promise(() => {}));
    client.send(framed(adt('C1')));
    await until(() => listener!.arrivals.length > 0);
    await listener!.stop(50);
    await expectClosed(client);
  });

  test('a sender that closes its side still gets its answers', async () => {
    const client = await open();
    client.socket.end(Buffer.concat([framed(adt('C1')), Buffer.from(VT + adt('C2'))]));
    expect((await client.answered(2)).map(summary)).toEqual(['AA:C1', 'AE:C2:100']);
    await expectClosed(client);
  });

  test('an acknowledgement is stored and not acknowledged', async () => {
    const client = await open();
    client.send(framed('MSH|^~\\&|A|B|C|D|20261122||ACK^A04|C9|P|2.5.1\rMSA|AA|X1\r'), framed(adt('C1')));
    expect((await client.answered(1)).map(summary)).toEqual(['AA:C1']);
    expect(listener!.arrivals.map((arrival) => arrival.type)).toEqual(['ACK^A04', 'ADT^A04']);
  });

  test('ack none: stored, not answered', async () => {
    const client = await open({ ack: 'none' });
    client.send(framed(adt('C1')), framed(''));
    await until(() => listener!.arrivals.length === 2);
    expect(client.answers).toEqual([]);
  });
});
