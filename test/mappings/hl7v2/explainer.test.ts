import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { type Hl7Message, parseMessage } from '../../../formats/hl7v2/index.ts';
import { loadHl7ToFhirMap, printBundle } from '../../../mappings/index.ts';
import { header, map, messageOf, receivedAtMs, site } from '../site.ts';

const folder = fileURLToPath(new URL('../../../mappings/hl7v2/', import.meta.url));
const samples = fileURLToPath(new URL('../../../../shared/data/hl7v2-samples', import.meta.url));

const admission = messageOf(
  header('ADT^A01'),
  'PID|1||4711^^^HOSP^MR||Muster^Anna^B||19800102|X|||Weg 1&Weg^^Bern||031~032|||M',
  'PV1|1|I|W1^2^3||||77^Kurz^Eva^^^Dr|||||||||||||V7',
);
const explained = (message: Hl7Message) => {
  const { explanations = [], ...rest } = map.convert(message, {
    receivedAtMs,
    messageId: 1,
    explain: true,
    isForFile: true,
  });
  return { ...rest, explanations };
};

/** Leaves of a resource by path: `name[0].family`. */
function leaves(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [path];
  if (Array.isArray(value)) return value.flatMap((item, at) => leaves(item, `${path}[${at}]`));
  return Object.entries(value).flatMap(([name, inner]) =>
    leaves(inner, path === '' ? name : `${path}.${name}`),
  );
}

/** What is wrong with the explanations of a message: leaves without one, elements that are not there, rows without a place. */
function faults(message: Hl7Message): readonly string[] {
  const { bundle, explanations } = explained(message);
  return bundle.entry.flatMap(({ fullUrl, resource }) => {
    const own = explanations.filter((one) => one.resource === fullUrl);
    const outputs = own.map(({ output }) => output.slice(resource.resourceType.length + 1));
    const known = leaves(resource).filter((leaf) => leaf !== 'resourceType' && leaf !== 'id');
    const covers = (output: string, leaf: string) =>
      leaf === output ||
      leaf.startsWith(`${output}.`) ||
      leaf.startsWith(`${output}[`) ||
      leaf.startsWith(`_${output}.`);
    return [
      ...known
        .filter((leaf) => !outputs.some((output) => covers(output, leaf)))
        .map((leaf) => `unexplained ${leaf}`),
      ...outputs
        .filter((output) => !known.some((leaf) => covers(output, leaf)))
        .map((output) => `not there: ${output}`),
      ...own
        .filter(({ row, file }) => row === '' || !/^[a-z]+\/.+\.yaml:\d+$/.test(file))
        .map(({ output, row, file }) => `${output}: row ${row} at ${file}`),
    ];
  });
}

test('says for an element the row, where the row stands, and the field', () => {
  const { explanations } = explained(admission);
  const of = (output: string) => explanations.filter((one) => one.output === output);
  const line = (path: string, text: string) =>
    readFileSync(join(folder, path), 'utf8')
      .split('\n')
      .findIndex((one) => one.includes(text)) + 1;
  expect(of('Patient.birthDate')).toEqual([
    {
      resource: expect.stringMatching(/^urn:uuid:/),
      output: 'Patient.birthDate',
      row: 'PID-7',
      input: 'PID-7',
      file: `segments/pid.patient.yaml:${line('segments/pid.patient.yaml', 'id: PID-7,')}`,
    },
  ]);
  expect(of('Patient.telecom[1]')).toMatchObject([{ row: 'PID-13', input: 'PID-13[2]' }]);
  expect(of('Patient.name[0].family')).toMatchObject([
    {
      row: 'XPN.1',
      input: 'PID-5.1.1',
      file: `types/xpn.humanname.yaml:${line('types/xpn.humanname.yaml', 'id: XPN.1,')}`,
    },
  ]);
  expect(of('Practitioner.name[0].family')).toMatchObject([{ row: 'XCN.2', input: 'PV1-7.2.1' }]);
  expect(of('Encounter.participant[0].type')).toMatchObject([{ row: 'PV1-7', input: '' }]);
  expect(of('Encounter.subject')).toMatchObject([
    { row: 'encounter', file: expect.stringMatching(/^messages\/adt_a01\.yaml:/) },
  ]);
});

test('says for a row of an overlay where that stands', () => {
  const overlay = {
    label: 'site-a',
    files: new Map([['segments/pid.patient.yaml', '\nchange:\n- { id: PID-8, fallback: other }\n']]),
  };
  const { explanations = [] } = loadHl7ToFhirMap({ site, overlay }).convert(admission, {
    receivedAtMs,
    explain: true,
  });
  expect(explanations.find(({ output }) => output === 'Patient.gender')).toMatchObject({
    row: 'PID-8',
    file: 'site-a/segments/pid.patient.yaml:3',
  });
});

test('explains every element, and only what is there', () => {
  expect(faults(admission)).toEqual([]);
});

(existsSync(samples) ? test : test.skip)(
  'explains every element of every sample, whose Bundle is the same as unexplained',
  () => {
    for (const file of readdirSync(samples).filter((name) => name.endsWith('.hl7'))) {
      const message = parseMessage(readFileSync(join(samples, file)));
      expect({ file, faults: faults(message) }).toEqual({ file, faults: [] });
      const plain = map.convert(message, { receivedAtMs, messageId: 1, isForFile: true });
      expect(printBundle(explained(message).bundle)).toBe(printBundle(plain.bundle));
    }
  },
);
