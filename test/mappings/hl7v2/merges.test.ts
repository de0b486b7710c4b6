import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import { type Conversion, loadHl7ToFhirMap, orderingKeys } from '../../../mappings/index.ts';
import { convert, entriesOf, header, messageOf, receivedAtMs, site } from '../site.ts';

const merge = [
  header('ADT^A40^ADT_A39'),
  'EVN|A40|20261122080000',
  'PID|1||NEW1^^^HOSP^MR||Muster^Max',
  'MRG|OLD1^^^HOSP^MR~OLD2^^^HOSP^PI||||||Muster^M',
];

interface PatchOperation {
  readonly op: string;
  readonly path: string;
  readonly value: unknown;
}

const patchesOf = ({ bundle }: Conversion) =>
  bundle.entry
    .filter(({ request }) => request.method === 'PATCH')
    .map(({ resource, request }) => ({
      resource,
      url: request.url,
      operations: JSON.parse(
        Buffer.from(resource.data as string, 'base64').toString(),
      ) as readonly PatchOperation[],
    }));

describe('a merge', () => {
  const conversion = convert(...merge);
  const [survivor, ...others] = entriesOf(conversion, 'Patient');
  const [prior, ...more] = patchesOf(conversion);
  const priorUrl = 'Patient?identifier=https%3A%2F%2Fhosp.example%2Fmrn%7COLD1';

  test('puts the patient that goes on, with a reference to the one that it replaces', () => {
    expect(others).toEqual([]);
    expect(survivor?.request.url).toContain('NEW1');
    expect(survivor?.resource.link).toEqual([{ other: { reference: priorUrl }, type: 'replaces' }]);
  });

  test('changes nothing of the old patient but active and link', () => {
    expect(more).toEqual([]);
    expect(prior?.url).toBe(priorUrl);
    expect(prior?.resource).toMatchObject({
      resourceType: 'Binary',
      contentType: 'application/json-patch+json',
    });
    expect(prior?.operations).toEqual([
      { op: 'add', path: '/active', value: false },
      {
        op: 'add',
        path: '/link',
        value: [
          {
            other: { type: 'Patient', identifier: { system: 'https://hosp.example/mrn', value: 'NEW1' } },
            type: 'replaced-by',
          },
        ],
      },
    ]);
  });

  test('creates the old patient before, only where there is none, as far as MRG tells', () => {
    expect(conversion.before).toMatchObject({ type: 'transaction', timestamp: conversion.bundle.timestamp });
    expect(conversion.before?.entry).toHaveLength(1);
    const [entry] = conversion.before?.entry ?? [];
    expect(entry?.request).toEqual({
      method: 'POST',
      url: 'Patient',
      ifNoneExist: priorUrl.split('?')[1],
    });
    expect(entry?.resource).toMatchObject({
      active: false,
      identifier: [
        { value: 'OLD1', use: 'old' },
        { value: 'OLD2', use: 'old' },
      ],
      name: [{ family: 'Muster' }],
    });
    expect(entry?.resource).not.toHaveProperty('link');
  });

  test('names the old patient where its PATCH is not: nothing refers to the fullUrl of a PATCH', () => {
    const patched = conversion.bundle.entry.find(({ request }) => request.method === 'PATCH');
    expect(JSON.stringify(conversion.bundle)).not.toContain(`"reference":"${patched?.fullUrl}"`);
    expect(JSON.stringify(entriesOf(conversion, 'MessageHeader'))).toContain(`"reference":"${priorUrl}"`);
  });

  test('is valid R4 and leaves nothing behind', () => {
    for (const bundle of [conversion.bundle, conversion.before]) expect(validate(bundle)).toEqual([]);
    for (const { resource } of conversion.bundle.entry) expect(validate(resource)).toEqual([]);
    expect(conversion.residue).toEqual([]);
  });

  test('several in one message', () => {
    const many = convert(...merge, 'PID|2||NEW2^^^HOSP^MR', 'MRG|OLD9^^^HOSP^MR');
    expect(entriesOf(many, 'Patient')).toHaveLength(2);
    expect(patchesOf(many).map(({ url }) => url.slice(-4))).toEqual(['OLD1', 'OLD9']);
    expect(many.before?.entry).toHaveLength(2);
  });

  test('of a patient who goes on in the same message is told, not lost in silence', () => {
    const chain = convert(...merge, 'PID|2||NEW2^^^HOSP^MR', 'MRG|NEW1^^^HOSP^MR');
    expect(chain.issues).toContainEqual(expect.objectContaining({ code: 'duplicate', row: 'prior' }));
  });

  test('where the site writes ids, patches by id and creates nothing', () => {
    const own = loadHl7ToFhirMap({ site: { ...site, write: 'client-id' } });
    const written = own.convert(messageOf(...merge), { receivedAtMs, messageId: 7 });
    expect(written).not.toHaveProperty('before');
    const [patch] = patchesOf(written);
    const [kept] = entriesOf(written, 'Patient');
    expect(patch?.url).toMatch(/^Patient\/[0-9a-f-]{36}$/);
    expect(patch?.operations[1]?.value).toEqual([
      { other: { reference: kept?.request.url }, type: 'replaced-by' },
    ]);
    expect(kept?.resource.link).toEqual([{ other: { reference: patch?.url }, type: 'replaces' }]);
    expect(validate(written.bundle)).toEqual([]);
  });

  test('no other message is split', () => {
    expect(convert(header('ADT^A08'), 'PID|1||A^^^HOSP^MR')).not.toHaveProperty('before');
  });
});

describe('ordering keys', () => {
  test('of a merge hold both patients', () => {
    expect(orderingKeys('PID-3.1')(messageOf(...merge))).toEqual(['NEW1', 'OLD1', 'OLD2']);
  });
  test('of any other message are the first value', () => {
    const keys = orderingKeys('PID-3.1');
    expect(keys(messageOf(header('ADT^A08'), 'PID|1||A^^^HOSP^MR~B', 'MRG|C'))).toEqual(['A']);
    expect(keys(messageOf(header('ADT^A08'), 'PID|1'))).toEqual([]);
  });
  test('of an account merge', () => {
    const message = messageOf(header('ADT^A41'), `PID|1||A${'|'.repeat(15)}ACC1`, 'MRG|A||ACC0');
    expect(orderingKeys('PID-18.1')(message)).toEqual(['ACC1', 'ACC0']);
  });
  test('a path that is none is refused', () => {
    expect(() => orderingKeys('PID')).toThrow(/BH_HL7_PATH/);
  });
});
