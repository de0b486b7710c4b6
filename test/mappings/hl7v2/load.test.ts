import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readMapFiles } from '../../../mappings/hl7v2/compiler/map-files.ts';
import { readMapFolder } from '../../../mappings/hl7v2/compiler/read-folder.ts';
import { loadHl7ToFhirMap, parseSiteSettings } from '../../../mappings/index.ts';
import { header, map, messageOf, receivedAtMs, site } from '../site.ts';

const shipped = fileURLToPath(new URL('../../../mappings/hl7v2', import.meta.url));
const parts = ['messages', 'segments', 'types', 'tables'];

describe('a map folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bithive-map-'));
    for (const part of parts) cpSync(join(shipped, part), join(folder, part), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const change = (file: string, from: string | RegExp, to: string): void => {
    const path = join(folder, file);
    const text = readFileSync(path, 'utf8');
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    writeFileSync(path, changed);
  };
  const load = () => loadHl7ToFhirMap({ rows: readMapFolder(readMapFiles(folder)), site });

  test('that is the shipped one loads as the shipped one', () => {
    expect(load().version).toBe(map.version);
    expect(map.takes).toEqual(
      expect.arrayContaining(['ADT^A01', 'ADT^A03', 'ADT^A04', 'ADT^A08', 'ADT^A40', 'ORM^O01', 'OMI^O23']),
    );
  });

  const row = /segments\/pid\.patient\.yaml:\d+: row PID-7: /;
  test.each([
    [
      'an element that R4 has not',
      'to: birthDate',
      'to: birthDay',
      new RegExp(`${row.source}FHIR R4 has no Patient.birthDay`),
    ],
    [
      'an element of another type',
      'to: birthDate, as: DTM>date',
      'to: active, as: DTM>date',
      new RegExp(`${row.source}DTM>date gives date; Patient.active takes boolean`),
    ],
    [
      'a list mark too many',
      'to: birthDate',
      'to: "birthDate[+]"',
      new RegExp(`${row.source}birthDate is not a list`),
    ],
    ['an unknown as', 'as: DTM>date ', 'as: DTM>day ', new RegExp(`${row.source}unknown as: DTM>day`)],
  ])('with %s is refused with file and line', (_name, from, to, message) => {
    change('segments/pid.patient.yaml', from, to);
    expect(load).toThrow(message);
  });

  test.each([
    [
      'a list without its mark',
      'segments/pid.patient.yaml',
      'to: "name[+]"',
      'to: name',
      /name is a list: write name\[\+\] or name\[0\]/,
    ],
    [
      'an unknown table',
      'segments/pid.patient.yaml',
      'table: 0001.administrative-gender',
      'table: 0001.sex',
      /unknown table: 0001.sex/,
    ],
    [
      'an unknown property',
      'segments/pid.patient.yaml',
      'as: XAD>Address',
      'az: XAD>Address',
      /pid\.patient\.yaml:\d+: rows\.\d+/,
    ],
    [
      'a condition that cannot be read',
      'segments/pid.patient.yaml',
      'when: "PID-25 not valued"',
      'when: "PID-25 missing"',
      /when: column 8/,
    ],
    [
      'a condition over no field',
      'segments/pid.patient.yaml',
      'when: "PID-25 not valued"',
      'when: "nothing not valued"',
      /when: column 1: /,
    ],
    [
      'an unknown map',
      'messages/adt_a01.yaml',
      'pd1.patient',
      'pd2.patient',
      /messages\/adt_a01\.yaml:\d+: resource patient: unknown map: pd2\.patient/,
    ],
    [
      'a link to nowhere',
      'messages/adt_a01.yaml',
      '{ subject: patient, "account[+]": account }',
      '{ subject: person }',
      /links to person/,
    ],
    [
      'a fixed value of what R4 has not',
      'segments/nk1.relatedperson.yaml',
      'with: { use: work }',
      'with: { usage: work }',
      /row NK1-6: with: FHIR R4 has no RelatedPerson\.telecom\.usage/,
    ],
    [
      'a condition of a resource that cannot be read',
      'messages/adt_a01.yaml',
      'when: "PID-18 valued"',
      'when: "PID-18 valued and"',
      /messages\/adt_a01\.yaml:\d+: resource account: when: column /,
    ],
    [
      'aliases without end',
      'types/xpn.humanname.yaml',
      'type: XPN',
      `type: &a [x]\nrefer: [&b [*a, *a], ${'*b, '.repeat(200)}]`,
      /types\/xpn\.humanname\.yaml:1: Excessive alias count/,
    ],
    ['broken YAML', 'types/xpn.humanname.yaml', 'rows:', 'rows: [', /types\/xpn\.humanname\.yaml:\d+: /],
    [
      'a code twice in a table',
      'tables/0001.administrative-gender.csv',
      '\nM,',
      '\nF,',
      /0001\.administrative-gender\.csv:\d+: F is there twice/,
    ],
  ])('with %s is refused', (_name, file, from, to, message) => {
    change(file, from, to);
    expect(load).toThrow(message);
    expect(load).toThrow(/^BH_MAP_DEFINITION/);
  });

  test('another row gives another version', () => {
    change(
      'segments/pid.patient.yaml',
      '- { id: PID-31, ignore: how sure',
      '- { id: PID-31, ignore: how very sure',
    );
    expect(load().version).not.toBe(map.version);
  });

  test('a table of the site’s own codes is used', () => {
    change(
      'tables/0001.administrative-gender.csv',
      '\nM,',
      '\nW,female,http://hl7.org/fhir/administrative-gender,Female,equivalent,\nM,',
    );
    const { bundle } = load().convert(messageOf(header('ADT^A28'), 'PID|1||1||X|||W'), { receivedAtMs });
    expect(JSON.stringify(bundle)).toContain('"gender":"female"');
  });
});

describe('site settings', () => {
  const settings = { namespace: site.namespace, zone: site.zone, localSystem: site.localSystem };
  test.each([
    [{ ...settings, namespace: 'x' }, /site\.namespace/],
    [{ ...settings, zone: 'Mars/Olympus' }, /site\.zone: not an IANA time zone/],
    [{ ...settings, localSystem: 'bithive' }, /site\.localSystem/],
    [{ ...settings, assigners: { A: 'no uri' } }, /site\.assigners\.A/],
    [{ ...settings, colour: 'red' }, /colour/],
  ])('%j is refused', (input, message) => {
    expect(() => parseSiteSettings(input)).toThrow(message);
  });

  test('the client-id switch writes ids, and references still resolve', () => {
    const own = loadHl7ToFhirMap({ site: parseSiteSettings({ ...settings, write: 'client-id' }) });
    const { bundle } = own.convert(
      messageOf(header('ADT^A01'), 'PID|1||1001^^^HOSP^MR', 'PV1|1|I', 'DG1|1||I10'),
      { receivedAtMs },
    );
    for (const { fullUrl, resource, request } of bundle.entry) {
      expect(request).toEqual({ method: 'PUT', url: `${resource.resourceType}/${resource.id}` });
      expect(fullUrl).toBe(`urn:uuid:${resource.id}`);
    }
    const encounter = bundle.entry.find((entry) => entry.resource.resourceType === 'Encounter');
    expect(encounter?.resource.diagnosis).toHaveLength(1);
  });

  test('null may leave a data-absent-reason', () => {
    const own = loadHl7ToFhirMap({
      site: parseSiteSettings({ ...settings, nullMarker: 'data-absent-reason' }),
    });
    const { bundle } = own.convert(messageOf(header('ADT^A08'), 'PID|1||1||X||""'), { receivedAtMs });
    expect(JSON.stringify(bundle)).toContain(
      '"_birthDate":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason"',
    );
  });
});
