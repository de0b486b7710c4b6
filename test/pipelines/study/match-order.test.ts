import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../../core/json.ts';
import type { OrderFacts } from '../../../core/order.ts';
import type { StateItem } from '../../../core/ports/index.ts';
import type { StudyInstance } from '../../../core/study.ts';
import { siteSystems } from '../../../mappings/identity/systems.ts';
import { type MatchSettings, matchOrder } from '../../../pipelines/study/match-order.ts';
import { publishOrders } from '../../../pipelines/study/publish-orders.ts';
import { site } from '../../mappings/site.ts';
import { instanceOf } from './study-model.ts';

const order = (facts: Partial<OrderFacts> = {}): OrderFacts => ({
  accessionNumber: 'ACC1',
  patientId: '1001',
  urgency: 'routine',
  modality: 'CT',
  plannedAtMs: Date.UTC(2026, 10, 22, 9),
  messageId: 7,
  identifiers: [],
  ...facts,
});

/** What the order channel published, read as the imaging channel reads it. */
function published(...orders: readonly OrderFacts[]) {
  const states = new Map<string, Json>();
  const state = {
    get: (scope: string, key: string) => states.get(`${scope} ${key}`),
    items: (): readonly StateItem[] => [],
  };
  for (const one of orders) {
    const output = { states: [] as { scope: string; key: string; value: Json }[] };
    publishOrders([one], state, output);
    for (const { scope, key, value } of output.states) states.set(`${scope} ${key}`, value);
  }
  return state;
}

const image = (facts: Partial<StudyInstance> = {}): StudyInstance => ({
  ...instanceOf('1', 1),
  patientId: '1001',
  studyDate: '20261122',
  studyTime: '103000',
  ...facts,
});
const settings: MatchSettings = { systems: siteSystems(site) };
const proposing: MatchSettings = { ...settings, proposals: { withinHours: 24, link: false } };
const match = (orders: readonly OrderFacts[], facts: Partial<StudyInstance>, by: MatchSettings = settings) =>
  matchOrder(published(...orders), { studyInstanceUid: '1.2.3', instances: [image(facts)] }, by);

describe('the order of a study', () => {
  test('is found by its accession number', () => {
    expect(match([order()], { accessionNumber: 'ACC1' })).toMatchObject({
      kind: 'matched',
      by: 'accession number',
    });
    expect(match([order()], { accessionNumber: 'ACC2' })).toEqual({ kind: 'none' });
  });

  test('by the accession number of its issuer, where two assigners use one number', () => {
    const two = [
      order({ accessionIssuer: 'RIS-A', messageId: 1 }),
      order({ accessionIssuer: 'RIS-B', messageId: 2 }),
    ];
    const found = (accessionIssuer: string) => match(two, { accessionNumber: 'ACC1', accessionIssuer });
    expect(found('RIS-A')).toMatchObject({ kind: 'matched', order: { messageId: 1 } });
    expect(found('RIS-B')).toMatchObject({ kind: 'matched', order: { messageId: 2 } });
    expect(found('RIS-C')).toEqual({ kind: 'none' });
  });

  test('by the Study Instance UID that it announced, also where the accession number leads to another patient', () => {
    const announced = order({ accessionNumber: 'ACC2', studyInstanceUid: '1.2.3', messageId: 2 });
    expect(match([announced], {})).toMatchObject({ kind: 'matched', by: 'Study Instance UID' });
    const wrong = order({ patientId: '2002', messageId: 1 });
    expect(match([wrong, announced], { accessionNumber: 'ACC1' })).toMatchObject({
      kind: 'matched',
      order: { messageId: 2 },
    });
    expect(match([wrong], { accessionNumber: 'ACC1' })).toMatchObject({
      kind: 'mismatch',
      faults: ['patient id'],
    });
  });

  test('is proposed by patient, modality and time, and linked only where the channel says so', () => {
    expect(match([order()], {}, settings)).toEqual({ kind: 'none' });
    expect(match([order()], {}, proposing)).toMatchObject({
      kind: 'proposed',
      order: { accessionNumber: 'ACC1' },
    });
    const linking = { ...settings, proposals: { withinHours: 24, link: true } };
    expect(match([order()], {}, linking)).toMatchObject({
      kind: 'matched',
      by: 'patient, modality and time',
    });
  });

  test.each([
    ['another modality', [order({ modality: 'MR' })]],
    ['another day', [order({ plannedAtMs: Date.UTC(2026, 10, 25) })]],
    ['no time', [(({ plannedAtMs: _none, ...rest }) => rest)(order())]],
    ['another patient', [order({ patientBirthDate: '19800101' })]],
    ['two that fit', [order(), order({ accessionNumber: 'ACC2' })]],
    ['one that ended', [order(), order({ status: 'completed' })]],
  ])('is not proposed for %s', (_, orders) => {
    expect(match(orders, { patientBirthDate: '19810101' }, proposing)).toEqual({ kind: 'none' });
  });
});
