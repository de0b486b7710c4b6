import { describe, expect, test } from '@jest/globals';
import { loadHl7ToFhirMap } from '../../../../mappings/index.ts';
import { header, map, messageOf, receivedAtMs, resourceOf, site } from '../../site.ts';

const label = 'site-a';
const overlaid = (files: Readonly<Record<string, string>>) =>
  loadHl7ToFhirMap({ site, overlay: { label, files: new Map(Object.entries(files)) } });

const pid = 'PID|1||4711^^^HOSP^MR||Muster^Anna||19800102|F||||||||M';
const admission = messageOf(header('ADT^A01'), pid, 'PV1|1|I|W1^2^3||||||||||||||||V7', 'ZPI|1|blue|Kiosk');
const converted = (files: Readonly<Record<string, string>>) =>
  overlaid(files).convert(admission, { receivedAtMs });

describe('rows of an overlay', () => {
  test('are added, in the place that they name', () => {
    const patient = resourceOf(
      converted({
        'segments/pid.patient.yaml': `
add:
- { id: ZPI-2, to: "extension[+].valueString", as: string, with: { url: "urn:site:colour" } }
- { id: PID-8.x, from: ZPI-3, to: gender, as: code, table: local.gender, before: PID-8 }
`,
        'tables/local.gender.csv':
          'source,target,system,display,equivalence\nKIOSK,other,http://hl7.org/fhir/administrative-gender,Other,wider\n',
      }),
      'Patient',
    );
    expect(patient.gender).toBe('other');
    expect(patient.extension).toEqual([{ url: 'urn:site:colour', valueString: 'blue' }]);
  });

  test('are changed in single members, replaced whole and dropped', () => {
    const patient = resourceOf(
      converted({
        'segments/pid.patient.yaml': `
change:
- { id: PID-3, space: other }
replace:
- { id: PID-8, to: gender, value: unknown }
drop: [PID-7]
`,
      }),
      'Patient',
    );
    expect(patient).toMatchObject({ gender: 'unknown', name: [{ family: 'Muster' }] });
    expect(patient).not.toHaveProperty('birthDate');
  });

  test('of a datatype hold wherever it is read', () => {
    const patient = resourceOf(converted({ 'types/xpn.humanname.yaml': 'drop: [XPN.2]\n' }), 'Patient');
    expect(patient.name).toEqual([{ family: 'Muster' }]);
  });

  test('what they do not name stays as it was', () => {
    const before = map.convert(admission, { receivedAtMs }).bundle.entry;
    const after = converted({ 'segments/pid.patient.yaml': 'drop: [PID-8]\n' }).bundle.entry;
    expect(after.filter(({ resource }) => resource.resourceType === 'Encounter')).toEqual(
      before.filter(({ resource }) => resource.resourceType === 'Encounter'),
    );
  });
});

describe('the rest of an overlay', () => {
  test('tables are joined code by code; a dash takes a code out', () => {
    const { bundle } = converted({
      'tables/0001.administrative-gender.csv':
        'source,target,system,display,equivalence\nF,other,http://hl7.org/fhir/administrative-gender,Other,wider\nM,-,,,\n',
    });
    expect(JSON.stringify(bundle)).toContain('"gender":"other"');
  });

  test('a message file changes resources by name and takes further types', () => {
    const local = overlaid({
      'messages/adt_a01.yaml': `
takes: [ADT^Z99]
change:
- { name: encounter, defaults: { status: planned, class: { code: IMP } } }
drop: [related-person]
`,
    });
    expect(local.takes).toContain('ADT^Z99');
    const message = messageOf(header('ADT^Z99'), pid, 'PV1|1||W1');
    const { bundle } = local.convert(message, { receivedAtMs });
    const encounter = bundle.entry.find(({ resource }) => resource.resourceType === 'Encounter')?.resource;
    expect(encounter).toMatchObject({ status: 'planned', class: { code: 'IMP' } });
  });

  test('a whole file takes its message types from the files that had them', () => {
    const local = overlaid({
      'messages/mine.yaml': `
message: MINE
takes: [ADT^A01]
resources:
- { name: patient, type: Patient, anchor: PID, maps: [pid.patient] }
`,
    });
    const { bundle } = local.convert(admission, { receivedAtMs });
    expect(bundle.entry.map(({ resource }) => resource.resourceType)).toEqual(['Patient']);
    expect(local.takes).toEqual(map.takes);
  });

  test('site.yaml stands above the settings; its assigners are joined with theirs', () => {
    const local = overlaid({
      'site.yaml': 'zone: America/New_York\nassigners: { WARD: "urn:site:ward" }\n',
    });
    expect(local.site).toMatchObject({
      zone: 'America/New_York',
      assigners: { ...site.assigners, WARD: 'urn:site:ward' },
      namespace: site.namespace,
    });
  });

  test('the version tells it from the rows alone, and from another overlay', () => {
    const [one, other] = [overlaid({ 'site.yaml': 'zone: UTC\n' }), overlaid({ 'site.yaml': 'zone: CET\n' })];
    expect(one.version).toMatch(/^[0-9a-f]{12}\+overlay\.[0-9a-f]{12}\+site\.[0-9a-f]{8}$/);
    expect(new Set([map.version, one.version, other.version]).size).toBe(3);
    expect(JSON.stringify(one.convert(admission, { receivedAtMs }).bundle)).toContain(one.version);
  });
});

describe('a fault of an overlay is refused with file and line', () => {
  const rows = 'segments/pid.patient.yaml';
  test.each([
    ['a row that ours has not', rows, 'drop:\n- PID-8\n- PID-99\n', `${rows}:3: ${rows} has no row PID-99`],
    [
      'a row that is there',
      rows,
      'add:\n- { id: PID-8, to: gender, value: x }\n',
      `${rows}:2: ${rows} has a row PID-8 already`,
    ],
    [
      'a place that is not there',
      rows,
      'add:\n- { id: A, to: gender, value: x, after: B }\n',
      `${rows}:2: ${rows} has no row B`,
    ],
    [
      'an element that R4 has not',
      rows,
      '\nchange:\n- { id: PID-8, to: sex }\n',
      `${rows}:3: row PID-8: FHIR R4 has no Patient.sex`,
    ],
    [
      'a member that rows have not',
      rows,
      'add:\n- id: X\n  too: gender\n  value: x\n',
      `${rows}:3: add.0: Unrecognized key: "too"`,
    ],
    [
      'a change that leaves a row without sense',
      rows,
      'change:\n- { id: PID-8, value: x }\n',
      `${rows}:2: row PID-8: a row has one of as, value, ignore`,
    ],
    [
      'a table that is not there',
      rows,
      'change:\n- { id: PID-8, table: nowhere }\n',
      `${rows}:2: row PID-8: unknown table: nowhere`,
    ],
    ['broken YAML', rows, 'drop: [PID-8\nadd: x', `${rows}:2: `],
    ['a table without a header', 'tables/x.csv', '# mine\nA,b\n', 'tables/x.csv:2: expected the header'],
    [
      'a zone that is none',
      'site.yaml',
      '\nzone: Mars/Olympus\n',
      'site.yaml:2: zone: not an IANA time zone',
    ],
    [
      'a charset that is none',
      'site.yaml',
      'fallbackCharset: klingon\n',
      'site.yaml:1: fallbackCharset: no character set',
    ],
    [
      'an identity that must not change',
      'site.yaml',
      'zone: UTC\nnamespace: x\n',
      'site.yaml:2: file: Unrecognized key: "namespace"',
    ],
    [
      'a file of changes without a file of ours',
      'segments/zpi.patient.yaml',
      'drop: [X]\n',
      'segments/zpi.patient.yaml:1: no file of ours has this name',
    ],
    [
      'rows that no message uses',
      'segments/zpi.patient.yaml',
      'segment: ZPI\ntarget: Patient\nrows:\n- { id: ZPI-1, to: sex, as: string }\n',
      'segments/zpi.patient.yaml:4: row ZPI-1: FHIR R4 has no Patient.sex',
    ],
    [
      'a resource that ours has not',
      'messages/adt_a01.yaml',
      'drop: [visit]\n',
      'messages/adt_a01.yaml:1: messages/adt_a01.yaml has no resource visit',
    ],
  ])('%s', (_what, file, text, why) => {
    expect(() => overlaid({ [file]: text })).toThrow(
      expect.objectContaining({
        code: 'BH_MAP_DEFINITION',
        detail: expect.stringContaining(`${label}/${why}`),
      }),
    );
  });
});
