import { expect, test } from '@jest/globals';
import { diffMessage, loadHl7ToFhirMap } from '../../../../mappings/index.ts';
import { header, map, messageOf, receivedAtMs, site } from '../../site.ts';

const admission = messageOf(
  header('ADT^A01'),
  'PID|1||4711^^^HOSP^MR||Muster^Anna^B||19800102|F',
  'PV1|1|I|W1^2^3||||||||||||||||V7',
  'AL1|1|DA|PEN^Penicillin^L',
);
const changesOf = (files: Readonly<Record<string, string>>) => {
  const after = loadHl7ToFhirMap({ site, overlay: { label: 'a', files: new Map(Object.entries(files)) } });
  return diffMessage(admission, { before: map, after }, { receivedAtMs }).changes;
};

test('an identity that changes is told once, not at every reference to it', () => {
  const changes = changesOf({ 'site.yaml': 'assigners: { HOSP: "urn:other:mrn" }\n' });
  expect(changes.filter(({ resource }) => resource === 'Patient')).toMatchObject([
    { path: '(request)', kind: 'changed', row: '(identity)' },
    { path: 'identifier[0].system', before: 'https://hosp.example/mrn', after: 'urn:other:mrn', row: 'CX.4' },
  ]);
  expect(changes.filter(({ path }) => path.includes('reference'))).toEqual([]);
});

test('an item of a list is told with the row that wrote it', () => {
  expect(changesOf({ 'types/xpn.humanname.yaml': 'drop: [XPN.3]\n' })).toMatchObject([
    { kind: 'removed', resource: 'Patient', path: 'name[0].given[1]', before: 'B', row: 'XPN.3' },
  ]);
});

test('a resource that is not made any more is told whole', () => {
  const changes = changesOf({ 'messages/adt_a01.yaml': 'drop: [allergy]\n' });
  expect(changes).toContainEqual(
    expect.objectContaining({ kind: 'removed', resource: 'AllergyIntolerance', path: '(resource)' }),
  );
});

test('another version alone is no difference', () => {
  expect(changesOf({ 'site.yaml': 'fallbackCharset: 8859/1\n' })).toEqual([]);
});
