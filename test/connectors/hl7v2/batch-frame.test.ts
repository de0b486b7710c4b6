import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { MllpFramer, type MllpSourceOptions } from '../../../connectors/hl7v2/index.ts';
import { BitHiveError } from '../../../core/errors.ts';
import { splitBatch } from '../../../formats/hl7v2/index.ts';
import { until } from '../../until.ts';
import { adt, framed, type Listener, listen, plainAcceptance } from './listener.ts';

let listener: Listener | undefined;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await listener?.stop(200);
});

/** Sends frames and collects the frames that come back, whatever they hold. */
async function open(options: Partial<MllpSourceOptions> = {}, accept?: Parameters<typeof listen>[1]) {
  listener = await listen(options, accept);
  const socket = connect({ host: '127.0.0.1', port: listener.port });
  sockets.push(socket);
  const framer = new MllpFramer(1e6);
  const answers: string[] = [];
  socket.on('data', (chunk: Buffer) => {
    framer.push(chunk);
    for (let event = framer.next(); event !== null; event = framer.next()) {
      answers.push(Buffer.from(event.bytes).toString());
    }
  });
  return {
    send: (...frames: (string | Uint8Array)[]) =>
      socket.write(Buffer.concat(frames.map((one) => Buffer.from(one as string)))),
    answered: async (count: number) => {
      await until(() => answers.length >= count);
      return answers;
    },
  };
}

const frame = (text: string): string => `\x0b${text}\x1c\r`;
const head =
  'FHS|^~\\&|HIS|WARD|EHR|CLINIC|20260101||||FILE7\rBHS|^~\\&|HIS|WARD|EHR|CLINIC|20260101||||LOT7\r';
const lines = (text: string | undefined): string[] => (text ?? '').split('\r').filter((line) => line !== '');
const msa = (text: string | undefined): string[] => lines(text).filter((line) => line.startsWith('MSA'));

test('a batch is kept whole, each message is one of its own with it as parent, the answer is a batch of their ACKs', async () => {
  const client = await open();
  const text = `${head}${adt('C1')}${adt('C2')}BTS|2\rFTS|1\r`;
  client.send(frame(text), framed(adt('C3')));
  const [answer, single] = await client.answered(2);
  expect(msa(answer)).toEqual(['MSA|AA|C1', 'MSA|AA|C2']);
  expect(msa(single)).toEqual(['MSA|AA|C3']);
  const [fhs, bhs] = lines(answer);
  expect(fhs?.split('|').slice(2, 6)).toEqual(['EHR', 'CLINIC', 'HIS', 'WARD']);
  expect(fhs?.split('|').at(11)).toBe('FILE7');
  expect(bhs?.split('|').at(11)).toBe('LOT7');
  expect(lines(answer).slice(-2)).toEqual(['BTS|2', 'FTS|1']);
  expect(
    splitBatch(Buffer.from(answer!), { messageBytesMax: 1e6 }).filter(({ kind }) => kind === 'issue'),
  ).toEqual([]);
  const { arrivals } = listener!;
  expect(arrivals.map(({ kind }) => kind)).toEqual(['batch', 'hl7v2', 'hl7v2', 'hl7v2']);
  expect(arrivals.map(({ parent }) => parent)).toEqual([undefined, 1, 1, undefined]);
  expect(arrivals[0]?.body).toEqual({ kind: 'inline', bytes: new Uint8Array(Buffer.from(text)) });
  expect(arrivals[0]?.searchKeys).toEqual([
    ['control-id', 'FILE7'],
    ['control-id', 'LOT7'],
  ]);
});

test('enhanced messages that ask for errors only: a batch without messages says that nothing was refused', async () => {
  const client = await open();
  const onError = '|||ER|NE';
  client.send(frame(`BHS|^~\\&|HIS\r${adt('C1', onError)}${adt('C2', onError)}BTS|2\r`));
  const [empty] = await client.answered(1);
  expect(msa(empty)).toEqual([]);
  expect(lines(empty).at(-1)).toBe('BTS|0');
  client.send(frame(`BHS|^~\\&|HIS\r${adt('C3', onError)}${adt('', onError)}BTS|2\r`));
  const [, refused] = await client.answered(2);
  expect(msa(refused)).toEqual(['MSA|CE|']);
});

test('messages that ask for nothing get nothing; commits and application answers are two batches', async () => {
  const client = await open();
  client.send(frame(`BHS|^~\\&|HIS\r${adt('C1', '|||NE|NE')}BTS|1\r`));
  client.send(frame(`BHS|^~\\&|HIS\r${adt('C2', '|||AL|AL')}BTS|1\r`));
  const answers = await client.answered(2);
  expect(answers.map(msa)).toEqual([['MSA|CA|C2'], ['MSA|AA|C2']]);
});

test('a wrong count is told in the answer and with the batch; the messages are taken', async () => {
  const client = await open();
  client.send(frame(`BHS|^~\\&|HIS\r${adt('C1')}BTS|5\r`));
  const [answer] = await client.answered(1);
  expect(msa(answer)).toEqual(['MSA|AA|C1']);
  expect(lines(answer).at(-1)).toMatch(/^BTS\|1\|BH_HL7_BATCH_COUNT: /);
  expect(listener!.arrivals[0]?.facts).toMatchObject({
    messages: 1,
    issues: [{ code: 'BH_HL7_BATCH_COUNT' }],
  });
});

test('a store that fails in the middle: AE for what was not kept, and the sender keeps it', async () => {
  const client = await open({}, async (arrival, id) => {
    if (id === 3) throw new BitHiveError('BH_STORE_FULL', 'disk full');
    return plainAcceptance(arrival, id);
  });
  client.send(frame(`${head}${adt('C1')}${adt('C2')}BTS|2\rFTS|1\r`));
  const [answer] = await client.answered(1);
  expect(msa(answer)).toEqual(['MSA|AA|C1', 'MSA|AE|C2']);
});

test('a store that cannot keep the batch: nothing of it is taken', async () => {
  const client = await open({}, async () => {
    throw new BitHiveError('BH_STORE_FULL', 'disk full');
  });
  client.send(frame(`${head}${adt('C1')}BTS|1\rFTS|1\r`));
  const [answer] = await client.answered(1);
  expect(msa(answer)).toEqual(['MSA|AE|']);
  expect(listener!.arrivals).toHaveLength(1);
});

test('thousands of messages in one frame keep their order', async () => {
  const client = await open();
  const ids = Array.from({ length: 3000 }, (_, at) => `N${at}`);
  client.send(frame(`BHS|^~\\&|HIS\r${ids.map((id) => adt(id)).join('')}BTS|3000\r`));
  const [answer] = await client.answered(1);
  expect(msa(answer)).toEqual(ids.map((id) => `MSA|AA|${id}`));
});
