import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  createFhirPollSource,
  type FhirPollOptions,
  type FhirPollSource,
} from '../../../connectors/fhir/index.ts';
import { BitHiveError } from '../../../core/errors.ts';
import { messageId } from '../../../core/ids.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Arrival } from '../../../core/message.ts';
import { type Blobs, silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { systemRandom } from '../../../platform/random.ts';
import { until } from '../../until.ts';
import { answerJson, type FaultServer, startFaultServer } from './fault-server.ts';

let server: FaultServer;
let source: FhirPollSource | undefined;
let accepted: Arrival[];
beforeEach(async () => {
  server = await startFaultServer();
  accepted = [];
});
afterEach(async () => {
  await source?.stop(0);
  await server.close();
  source = undefined;
});

const observation = (id: string, second: number, more: object = {}) => ({
  resourceType: 'Observation',
  id,
  meta: { versionId: '1', lastUpdated: `2026-11-22T10:00:${String(second).padStart(2, '0')}Z` },
  ...more,
});
const searchset = (resources: readonly object[], next?: string) => ({
  resourceType: 'Bundle',
  type: 'searchset',
  ...(next === undefined ? {} : { link: [{ relation: 'next', url: next }] }),
  entry: resources.map((resource) => ({ resource, search: { mode: 'match' } })),
});

function start(more: Partial<FhirPollOptions> = {}): void {
  source = createFhirPollSource({ ...optionsOf(), ...more });
  void source.start(async (arrival) => {
    accepted.push(arrival);
    return { kind: 'accepted', id: messageId(accepted.length), duplicate: false };
  });
}

const bodyOf = ({ body }: Arrival): { entry: { fullUrl: string; resource: JsonObject }[] } =>
  JSON.parse(body.kind === 'inline' ? Buffer.from(body.bytes).toString() : '');
const told = () =>
  accepted.map((arrival) => [
    bodyOf(arrival).entry[0]?.resource.id,
    (arrival.facts?.cursor as { value?: string } | undefined)?.value,
  ]);
const answers = (pages: { readonly [part: string]: object | number }) => {
  server.behave = ({ url }, response) => {
    const page = Object.entries(pages).find(([part]) => url.includes(part))?.[1];
    if (typeof page === 'number') answerJson(response, page, {});
    else answerJson(response, page === undefined ? 404 : 200, page ?? {});
  };
};

describe('a FHIR server that is asked what changed', () => {
  test('page by page, each change once, with the cursor that it came to', async () => {
    answers({
      'page=2': searchset([observation('c', 3)]),
      _lastUpdated: searchset(
        [observation('a', 1), observation('b', 2)],
        'https://inside.example/fhir/Observation?page=2',
      ),
    });
    start({ auth: { kind: 'bearer', token: 'env:X' } });
    await until(() => accepted.length === 3);
    expect(told()).toEqual([
      ['a', '2026-11-22T10:00:01Z'],
      ['b', '2026-11-22T10:00:02Z'],
      ['c', '2026-11-22T10:00:03Z'],
    ]);
    const asked = server.seen.length;
    await until(() => server.seen.length > asked + 4);
    expect(accepted).toHaveLength(3);
    const [first, second] = server.seen;
    const query = new URL(first?.url ?? '', server.url).searchParams;
    expect(query.get('_lastUpdated')).toBe('ge2026-11-22T08:59:59.000Z');
    expect(query.get('_sort')).toBe('_lastUpdated');
    expect(second?.url).toBe('/fhir/Observation?page=2');
    expect(second?.headers.authorization).toBe('Bearer the-token');
  });

  test('a server without order moves the cursor only at the end', async () => {
    answers({ _lastUpdated: searchset([observation('a', 5), observation('b', 2), observation('c', 4)]) });
    start();
    await until(() => accepted.length === 3);
    expect(told()).toEqual([
      ['a', undefined],
      ['b', undefined],
      ['c', '2026-11-22T10:00:05Z'],
    ]);
  });

  test('a round that breaks off is asked again; what was handed over is not', async () => {
    const pages: { [part: string]: object | number } = {
      'page=2': 503,
      _lastUpdated: searchset([observation('a', 1), observation('b', 2)], 'Observation?page=2'),
    };
    answers(pages);
    start();
    await until(() => server.seen.filter(({ url }) => url.includes('page=2')).length > 1);
    expect(told()).toEqual([['a', '2026-11-22T10:00:01Z']]);
    pages['page=2'] = searchset([observation('c', 3)]);
    await until(() => accepted.length === 3);
    expect(told().map(([id]) => id)).toEqual(['a', 'b', 'c']);
  });

  test('what refers to others comes with them; what the server does not have is left out', async () => {
    answers({
      _lastUpdated: searchset([
        observation('a', 1, {
          subject: { reference: 'Patient/p' },
          performer: [{ reference: `${server.url}/Practitioner/d` }, { reference: 'Practitioner/gone' }],
          basedOn: [{ reference: 'https://other.example/fhir/ServiceRequest/s' }],
        }),
      ]),
      '/Patient/p': {
        resourceType: 'Patient',
        id: 'p',
        generalPractitioner: [{ reference: 'Practitioner/x' }],
      },
      '/Practitioner/d': { resourceType: 'Practitioner', id: 'd' },
    });
    start();
    const arrival = await until(() => accepted[0]);
    expect(bodyOf(arrival).entry.map(({ fullUrl }) => fullUrl.slice(server.url.length))).toEqual([
      '/Observation/a',
      '/Patient/p',
      '/Practitioner/d',
    ]);
    expect(
      server.seen.some(({ url }) => url.includes('Practitioner/x') || url.includes('ServiceRequest')),
    ).toBe(false);
  });

  test('the first start makes its beginning durable, by the clock of the server', async () => {
    server.behave = (_request, response) => {
      response.setHeader('date', 'Sun, 22 Nov 2026 10:00:00 GMT');
      answerJson(response, 200, searchset([]));
    };
    start({ readCursor: async () => undefined });
    const arrival = await until(() => accepted[0]);
    expect(arrival.facts).toEqual({
      cursor: { key: 'fhir-poll Observation', value: '2026-11-22T10:00:00.000Z' },
      cursorOnly: true,
    });
    await until(() => server.seen.length > 3);
    expect(accepted).toHaveLength(1);
  });

  test('somebody who says that there is news ends the pause', async () => {
    answers({ _lastUpdated: searchset([]) });
    start({ everyMs: 3_600_000 });
    await until(() => server.seen.length === 1);
    answers({ _lastUpdated: searchset([observation('a', 1)]) });
    await until(() => {
      source?.lookNow();
      return accepted.length === 1;
    });
  });

  test('a change that the store could not take is asked for again', async () => {
    answers({ _lastUpdated: searchset([observation('a', 1)]) });
    let refusals = 2;
    const again = createFhirPollSource(optionsOf());
    source = again;
    await again.start(async (arrival) => {
      if (refusals-- > 0) throw new BitHiveError('BH_STORE_BUSY', 'busy');
      accepted.push(arrival);
      return { kind: 'accepted', id: messageId(1), duplicate: false };
    });
    await until(() => accepted.length === 1);
    expect(refusals).toBe(-1);
  });
});

function optionsOf(): FhirPollOptions {
  return {
    name: 'test',
    url: server.url,
    types: ['Observation'],
    everyMs: 20,
    overlapMs: 1_000,
    pageSize: 2,
    followDepth: 2,
    readCursor: async () => '2026-11-22T09:00:00Z',
    ports: {
      blobs: {} as Blobs,
      clock: systemClock,
      random: systemRandom,
      keys: { secret: async () => 'the-token' },
      logger: silentLogger,
      metrics: silentMetrics,
    },
  };
}
