import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Hl7Message } from '../../../formats/hl7v2/index.ts';
import { adt, framed, RawClient, summary } from '../../connectors/hl7v2/listener.ts';
import { until } from '../../until.ts';
import { type Hospital, startHospital } from './hospital.ts';
import { type Ris, risSays, startRis } from './ris.ts';

const moments = ['stored', 'mapped', 'delivered', 'from ris', 'none'] as const;
type Moment = (typeof moments)[number];

/** One channel for each moment, all to the same RIS, each with a door of its own. */
const channelOf = (moment: Moment, at: number, risPort: number): string => `
channel: moment-${at}
source: { hl7v2: { port: 0 } }
ack: ${moment}
filter: "MSH-9.1 in {ADT, ORM}"
key: PID-3.1
steps:
  - map: hl7v2-to-fhir
to:
  - hl7v2: { name: ris, host: 127.0.0.1, port: ${risPort}, when: "MSH-9.1 = 'ADT'" }
`;

let ris: Ris;
let hospital: Hospital;
const clients: RawClient[] = [];

beforeEach(async () => {
  ris = await startRis();
  const files = moments.map((moment, at) => [`${at}.yaml`, channelOf(moment, at, ris.port)]);
  hospital = await startHospital({ channels: Object.fromEntries(files) });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  ris.release();
  await hospital.close();
  await ris.stop();
});

function sender(moment: Moment): RawClient {
  const doors = hospital.engine.listening.filter(({ protocol }) => protocol === 'mllp');
  const client = new RawClient(doors[moments.indexOf(moment)]?.port ?? 0);
  clients.push(client);
  return client;
}

const isReceived = (controlId: string) => until(() => ris.received.includes(controlId));
const textOf = (answer: Hl7Message | undefined) => new TextDecoder().decode(answer?.print());
const enhanced = (controlId: string) => adt(controlId, '|||AL|AL');
const summaries = async (client: RawClient, count: number) => (await client.answered(count)).map(summary);
const refusal = { code: 'BH_HL7_TYPE_UNKNOWN', detail: 'not taken here' };

describe('original mode', () => {
  test.each(['stored', 'mapped'] as const)(
    '%s: answered while the receiver still holds its answer',
    async (moment) => {
      ris.hold();
      const client = sender(moment);
      client.send(framed(adt('S1')));
      expect(await summaries(client, 1)).toEqual(['AA:S1']);
      await isReceived('S1');
    },
  );

  test.each(['delivered', 'from ris'] as const)(
    '%s: not answered before the receiver has answered',
    async (moment) => {
      ris.hold();
      const client = sender(moment);
      client.send(framed(adt('D1')));
      await isReceived('D1');
      expect(client.answers).toHaveLength(0);
      ris.release();
      expect(await summaries(client, 1)).toEqual([expect.stringMatching(/^AA:D1/)]);
      // With `from` it is the receiver that speaks.
      expect(textOf(client.answers[0]).includes(risSays)).toBe(moment === 'from ris');
    },
  );

  test.each(['delivered', 'from ris'] as const)(
    '%s: a refusal of the receiver reaches the sender',
    async (moment) => {
      ris.refuseWith(refusal);
      const client = sender(moment);
      client.send(framed(adt('R1')));
      const [answer] = await summaries(client, 1);
      expect(answer).toMatch(moment === 'delivered' ? /^AE:R1/ : /^AR:R1:200/);
    },
  );

  test('delivered: a message that goes nowhere is answered at once, and a duplicate as the first', async () => {
    const client = sender('delivered');
    client.send(
      framed(adt('N1').replace('ADT^A04^ADT_A01', 'ORM^O01^ORM_O01')),
      framed(adt('N2')),
      framed(adt('N2')),
    );
    expect(await summaries(client, 3)).toEqual(['AA:N1', 'AA:N2', 'AA:N2']);
    expect(ris.received).toEqual(['N2']);
  });

  test('none: nothing is answered, and the message is delivered all the same', async () => {
    const client = sender('none');
    client.send(framed(adt('X1')));
    await isReceived('X1');
    expect(client.answers).toHaveLength(0);
  });
});

describe('enhanced mode', () => {
  test.each(['delivered', 'from ris'] as const)(
    '%s: CA when it is stored, AA when the receiver took it',
    async (moment) => {
      ris.hold();
      const client = sender(moment);
      client.send(framed(enhanced('E1')));
      expect(await summaries(client, 1)).toEqual(['CA:E1']);
      await isReceived('E1');
      expect(client.answers).toHaveLength(1);
      ris.release();
      expect((await summaries(client, 2))[1]).toMatch(/^AA:E1/);
    },
  );

  test('delivered: CA when it is stored, AE when the receiver refused it', async () => {
    ris.refuseWith(refusal);
    const client = sender('delivered');
    client.send(framed(enhanced('E2')));
    const [commit, application] = await summaries(client, 2);
    expect(commit).toBe('CA:E2');
    expect(application).toMatch(/^AE:E2/);
  });

  test('stored: CA and AA, in this order', async () => {
    const client = sender('stored');
    client.send(framed(enhanced('E3')));
    expect(await summaries(client, 2)).toEqual(['CA:E3', 'AA:E3']);
  });
});

test('v2 to v2: the receiver gets what its condition takes, in order, under the sender’s control ids', async () => {
  const client = sender('stored');
  const ids = Array.from({ length: 30 }, (_, at) => `F${at}`);
  const isOrder = (at: number) => at % 3 === 1;
  ids.forEach((id, at) => {
    const text = adt(id);
    client.send(framed(isOrder(at) ? text.replace('ADT^A04^ADT_A01', 'ORM^O01^ORM_O01') : text));
  });
  await client.answered(ids.length);
  const wanted = ids.filter((_, at) => !isOrder(at));
  await until(() => ris.received.length === wanted.length);
  expect(ris.received).toEqual(wanted);
});
