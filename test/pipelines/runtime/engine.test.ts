import { afterEach, describe, expect, test } from '@jest/globals';
import { messageId } from '../../../core/ids.ts';
import { until } from '../../until.ts';
import {
  controlIdOf,
  hl7Arrival,
  mergeArrival,
  ScriptedReceiver,
  startTestEngine,
  type TestDoor,
  type TestEngine,
} from './test-channel.ts';

const channel = (more = '', ack = 'stored', filter = 'MSH-9.1 = ADT'): string => `
channel: adt
source: { hl7v2: {} }
ack: ${ack}
filter: "${filter}"
key: "PID-3.1"
to:
  - test: { name: ehr, target: "test:ehr", takes: "*", retry: { firstMs: 1, maxMs: 5 } }
${more}
`;

let engine: TestEngine | undefined;
afterEach(async () => {
  await engine?.stop();
  await engine?.destroy();
  engine = undefined;
});

async function start(
  text: string,
  receivers?: Map<string, ScriptedReceiver>,
): Promise<[TestDoor, ScriptedReceiver, TestEngine]> {
  engine = await startTestEngine([text], receivers ? { receivers } : {});
  return [engine.doors.get('adt') as TestDoor, engine.receivers.get('test:ehr') as ScriptedReceiver, engine];
}

describe('accept, process, deliver', () => {
  test('what is accepted is delivered, once, and found again', async () => {
    const [door, ehr, { store }] = await start(channel());
    const accepted = await door.accept(hl7Arrival('C1', 'P1'));
    expect(accepted).toMatchObject({ kind: 'accepted', duplicate: false });
    await until(
      async () =>
        (await store.depths(0)).destinations.every(({ open }) => open === 0) && ehr.sent.length === 1,
    );
    expect(controlIdOf(ehr.sent[0]?.text ?? '')).toBe('C1');
    const [found] = await store.searchMessages({ keys: [{ name: 'control-id', value: 'C1' }], limit: 10 });
    expect(found).toMatchObject({ id: accepted.id, status: 'processed' });
  });

  test('a duplicate gets the same answer and is not delivered again', async () => {
    const [door, ehr] = await start(channel('', 'delivered'));
    const first = await door.accept(hl7Arrival('C1', 'P1'));
    const again = await door.accept(hl7Arrival('C1', 'P1'));
    expect(again).toMatchObject({ kind: 'accepted', duplicate: true, id: first.id });
    expect(ehr.sent).toHaveLength(1);
  });

  test('a message that the filter does not take is kept and goes nowhere', async () => {
    const [door, ehr, { store }] = await start(channel('', 'mapped', 'MSH-9.1 = ORM'));
    const { id } = await door.accept(hl7Arrival('C1', 'P1'));
    expect((await store.getMessage(id))?.status).toBe('filtered');
    expect(ehr.sent).toHaveLength(0);
  });

  test('a refused arrival is kept in quarantine and answered with its code', async () => {
    const [door, ehr, { store }] = await start(channel());
    const refusal = { code: 'BH_HL7_CONTROL_ID_MISSING', detail: 'MSH-10 is empty' };
    const answer = await door.accept(hl7Arrival('', 'P1', { refusal }));
    expect(answer).toMatchObject({ kind: 'refused', error: refusal });
    expect((await store.getMessage(answer.id))?.status).toBe('quarantined');
    expect(ehr.sent).toHaveLength(0);
  });

  test('order per patient holds while other patients overtake', async () => {
    const receiver = new ScriptedReceiver();
    let failures = 3;
    receiver.answer = (text) =>
      text.includes('|P1^') && failures-- > 0
        ? { kind: 'retry', error: { code: 'BH_DELIVERY_UNREACHABLE', detail: 'down' } }
        : { kind: 'delivered' };
    const [door, ehr] = await start(channel(), new Map([['test:ehr', receiver]]));
    for (let at = 1; at <= 5; at += 1) {
      await door.accept(hl7Arrival(`A${at}`, 'P1'));
      await door.accept(hl7Arrival(`B${at}`, 'P2'));
    }
    const delivered = () => ehr.sent.map(({ text }) => controlIdOf(text));
    await until(() => delivered().includes('A5') && delivered().includes('B5'));
    expect(delivered().filter((id) => id.startsWith('B'))).toEqual(['B1', 'B2', 'B3', 'B4', 'B5']);
    expect([...new Set(delivered().filter((id) => id.startsWith('A')))]).toEqual([
      'A1',
      'A2',
      'A3',
      'A4',
      'A5',
    ]);
  });

  test('a merge waits for both patients and holds both back', async () => {
    const receiver = new ScriptedReceiver();
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    receiver.answer = async (text) => {
      if (controlIdOf(text) === 'OLD') await held;
      return { kind: 'delivered' };
    };
    const [door, ehr] = await start(channel(), new Map([['test:ehr', receiver]]));
    await door.accept(hl7Arrival('OLD', 'P2'));
    await door.accept(mergeArrival('MERGE', 'P1', 'P2'));
    await door.accept(hl7Arrival('NEW', 'P1'));
    await door.accept(hl7Arrival('OTHER', 'P3'));
    await until(() => ehr.sent.some(({ text }) => controlIdOf(text) === 'OTHER'));
    expect(ehr.sent.map(({ text }) => controlIdOf(text)).sort()).toEqual(['OLD', 'OTHER']);
    release();
    await until(() => ehr.sent.length === 4);
    expect(ehr.sent.slice(2).map(({ text }) => controlIdOf(text))).toEqual(['MERGE', 'NEW']);
  });

  test('an answer of the receiver comes back as a message under its question', async () => {
    const receiver = new ScriptedReceiver();
    const bytes = new TextEncoder().encode('MSA|AA|C1');
    receiver.answer = () => ({
      kind: 'delivered',
      answer: {
        kind: 'answer',
        type: 'ACK',
        sender: 'ehr',
        contentType: 'text/plain',
        body: { kind: 'inline', bytes },
        searchKeys: [],
      },
    });
    const [door, , { store }] = await start(channel('', 'from ehr'), new Map([['test:ehr', receiver]]));
    const answer = await door.accept(hl7Arrival('C1', 'P1'));
    expect(answer).toMatchObject({ kind: 'relayed' });
    expect(answer.kind === 'relayed' && new TextDecoder().decode(answer.answer)).toBe('MSA|AA|C1');
    const { children } = await store.lineage(answer.id);
    expect((await store.getMessage(children[0] ?? messageId(0)))?.parent).toBe(answer.id);
  });

  test('a receiver that refuses makes the delivery dead, with its reason, and the next one goes on', async () => {
    const receiver = new ScriptedReceiver();
    receiver.answer = (text) =>
      controlIdOf(text) === 'BAD'
        ? { kind: 'dead', error: { code: 'BH_DELIVERY_REFUSED', detail: '422' } }
        : { kind: 'delivered' };
    const [door, , { store }] = await start(channel('', 'delivered'), new Map([['test:ehr', receiver]]));
    const bad = await door.accept(hl7Arrival('BAD', 'P1'));
    expect(bad).toMatchObject({ kind: 'refused', error: { code: 'BH_DELIVERY_REFUSED', detail: '422' } });
    expect(await door.accept(hl7Arrival('GOOD', 'P1'))).toMatchObject({ kind: 'accepted' });
    expect(await store.searchDeliveries({ state: 'dead', limit: 10 })).toHaveLength(1);
  });

  test('a lost answer is unknown, and stays so until an operator says what happened', async () => {
    const receiver = new ScriptedReceiver();
    receiver.answer = () => ({
      kind: 'unknown',
      error: { code: 'BH_DELIVERY_UNKNOWN', detail: 'socket lost' },
    });
    const [door, ehr, { store }] = await start(channel('', 'delivered'), new Map([['test:ehr', receiver]]));
    expect(await door.accept(hl7Arrival('C1', 'P1'))).toMatchObject({ kind: 'refused' });
    const [unknown] = await store.searchDeliveries({ state: 'unknown', limit: 10 });
    expect(ehr.sent).toHaveLength(1);
    receiver.answer = () => ({ kind: 'delivered' });
    expect(await store.resolveDelivery(unknown?.id as never, 'retry', Date.now())).toBe(true);
    await until(async () => (await store.searchDeliveries({ state: 'delivered', limit: 10 })).length === 1);
    expect(ehr.sent).toHaveLength(2);
  });

  test('a replay is a new message that names the first', async () => {
    const [door, ehr, { store, pipelines }] = await start(channel('', 'delivered'));
    const { id } = await door.accept(hl7Arrival('C1', 'P1'));
    const replayed = await pipelines.replay(id);
    await until(() => ehr.sent.length === 2);
    expect(await store.getMessage(replayed)).toMatchObject({ replayOf: id, parent: id });
    await expect(pipelines.replay(messageId(999_999))).rejects.toMatchObject({ code: 'BH_STORE_NOT_FOUND' });
  });

  test('what was stored before a stop is delivered after the next start, by the version that accepted it', async () => {
    const receiver = new ScriptedReceiver();
    receiver.answer = () => ({ kind: 'retry', error: { code: 'BH_DELIVERY_UNREACHABLE', detail: 'down' } });
    const [door, , first] = await start(channel(), new Map([['test:ehr', receiver]]));
    await door.accept(hl7Arrival('C1', 'P1'));
    await until(() => receiver.sent.length > 0);
    await first.stop();
    receiver.answer = () => ({ kind: 'delivered' });
    const later = '  - test: { name: added, target: "test:added", takes: "*" }';
    engine = await startTestEngine([channel(later)], { folder: first.folder, receivers: first.receivers });
    await until(async () =>
      (await (engine as TestEngine).store.depths(0)).destinations.every(({ open }) => open === 0),
    );
    expect(receiver.sent.at(-1)?.delivery.channelVersion).toBe(1);
    expect(engine.receivers.get('test:added')?.sent).toHaveLength(0);
  });
});
