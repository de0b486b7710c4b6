import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import { type Conversion, loadHl7ToFhirMap, printBundle, type Resource } from '../../../mappings/index.ts';
import {
  convert,
  entriesOf,
  header,
  messageOf,
  receivedAtMs,
  resourceOf,
  resourcesOf,
  site,
} from '../site.ts';

const pid = 'PID|1||1001^^^HOSP^MR||Muster^Max||19640229|M';
const oru = (...segments: readonly string[]) => convert(header('ORU^R01^ORU_R01'), ...segments);
const one = (...segments: readonly string[]) => oru(pid, ...segments);
const field = (n: number, value: string): string => '|'.repeat(n) + value;
const obr = (setId: string, filler: string, code: string, status = 'F', placer = 'P1^HIS') =>
  `OBR|${setId}|${placer}|${filler}|${code}|||20261122070000+0100${field(15, '20261122073000+0100')}|||${status}`;
const codeOf = ({ code }: Resource): unknown => (code as { coding?: { code: string }[] }).coding?.[0]?.code;
const isValid = (conversion: Conversion): void => {
  for (const { resource } of conversion.bundle.entry)
    expect(
      validate(JSON.parse(JSON.stringify(resource))).filter(({ severity }) => severity === 'error'),
    ).toEqual([]);
};
const fullUrlOf = (conversion: Conversion, type: string, at = 0): string =>
  entriesOf(conversion, type)[at]!.fullUrl;

describe('a result', () => {
  const conversion = one(
    'PV1|1|I|||||||||||||||||V1^^^HOSP-VN',
    'ORC|RE|P1^HIS|F1^LAB||CM',
    obr('1', 'F1^LAB', '24323-8^CMP^LN'),
    'NTE|1||fasting sample',
    'OBX|1|NM|2345-7^Glucose^LN||5.50|mmol/L^^UCUM|3.9-6.1|N|||F|||20261122070500+0100',
    'NTE|1||first line~second line|||20261122',
    'OBX|2|NM|6598-7^Troponin T^LN||<5|ng/L^^UCUM|<14||||P',
  );
  const report = resourceOf(conversion, 'DiagnosticReport');
  const [glucose, troponin] = resourcesOf(conversion, 'Observation') as [Resource, Resource];

  test('is a report with an Observation for each OBX, of the patient and the visit', () => {
    const subject = { reference: fullUrlOf(conversion, 'Patient') };
    const encounter = { reference: fullUrlOf(conversion, 'Encounter') };
    expect(report).toMatchObject({
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '24323-8' }] },
      effectiveDateTime: '2026-11-22T07:00:00+01:00',
      issued: '2026-11-22T07:30:00+01:00',
      subject,
      encounter,
      basedOn: [{ reference: fullUrlOf(conversion, 'ServiceRequest') }],
      result: [
        { reference: fullUrlOf(conversion, 'Observation', 0) },
        { reference: fullUrlOf(conversion, 'Observation', 1) },
      ],
    });
    expect(glucose).toMatchObject({ status: 'final', subject, encounter });
    expect(conversion.residue.filter(({ path }) => /^(OB|NTE|ORC)/.test(path))).toEqual([]);
    isValid(conversion);
  });

  test('keeps digits, comparator, limits and text of the range, and the state of each', () => {
    expect(printBundle(conversion.bundle)).toContain('"valueQuantity":{"value":5.50,');
    expect(glucose).toMatchObject({
      effectiveDateTime: '2026-11-22T07:05:00+01:00',
      referenceRange: [
        {
          low: { value: 3.9, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' },
          high: { value: 6.1 },
          text: '3.9-6.1',
        },
      ],
      interpretation: [
        { coding: expect.arrayContaining([expect.objectContaining({ code: 'N', display: 'Normal' })]) },
      ],
    });
    expect(troponin).toMatchObject({
      status: 'preliminary',
      valueQuantity: { value: 5, comparator: '<' },
      referenceRange: [{ high: { value: 14 }, text: '<14' }],
      effectiveDateTime: '2026-11-22T07:00:00+01:00',
    });
    expect(troponin).not.toHaveProperty('referenceRange.0.low');
  });

  test('keeps each note where it stands: under OBR with the report, under OBX with the Observation', () => {
    expect(glucose.note).toEqual([{ text: 'first line\nsecond line', time: '2026-11-22' }]);
    expect(troponin).not.toHaveProperty('note');
    expect(report.extension).toEqual([
      {
        url: 'http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.note',
        valueAnnotation: { text: 'fasting sample' },
      },
    ]);
  });

  test('refers to its order, which it creates where there is none and never overwrites', () => {
    const [order] = entriesOf(conversion, 'ServiceRequest');
    expect(order?.request).toMatchObject({ method: 'POST', ifNoneExist: expect.stringContaining('P1') });
    expect(order?.resource).toMatchObject({ status: 'completed', intent: 'order' });
    expect(conversion.orders).toEqual([]);
  });
});

describe('the identity of a report', () => {
  const urls = (conversion: Conversion): string[] =>
    entriesOf(conversion, 'DiagnosticReport').map(({ request }) => request.url);

  test('is the filler number and what was asked for: a placer number covers several', () => {
    const conversion = one(
      obr('1', 'F1^LAB', 'A^a^L'),
      obr('2', 'F1^LAB', 'B^b^L'),
      obr('3', 'F2^LAB', 'A^a^L'),
    );
    expect(new Set(urls(conversion)).size).toBe(3);
    expect(resourcesOf(conversion, 'ServiceRequest')).toHaveLength(1);
  });

  test('is the same when it comes again alone, corrected, at another place', () => {
    const [first, second] = urls(one(obr('1', 'F1^LAB', 'A^a^L', 'P'), obr('2', 'F2^LAB', 'B^b^L', 'P')));
    expect(urls(one(obr('1', 'F2^LAB', 'B^b^L', 'C')))).toEqual([second]);
    expect(first).not.toBe(second);
  });

  test('has OBR-1 where number and code agree', () => {
    const both = urls(one(obr('2', 'F1^LAB', 'A^a^L'), obr('3', 'F1^LAB', 'A^a^L')));
    expect(new Set(both).size).toBe(2);
    expect(urls(one(obr('3', 'F1^LAB', 'A^a^L'), obr('2', 'F1^LAB', 'A^a^L')))).toEqual([both[1], both[0]]);
  });

  test('counts within the sender where the number has no assigner', () => {
    const from = (facility: string) =>
      urls(convert(header('ORU^R01').replace('HIS|HOSP', `LAB|${facility}`), pid, obr('1', 'F1', 'A^a^L')));
    expect(from('NORTH')).not.toEqual(from('SOUTH'));
  });

  test('keeps results of one code apart, and those that share an instance number', () => {
    const repeated = one(obr('1', 'F1^LAB', 'A'), 'OBX|1|ST|X||a', 'OBX|2|ST|X||b', 'OBX|3|ST|X|7|c');
    expect(new Set(resourcesOf(repeated, 'Observation').map(({ valueString }) => valueString))).toEqual(
      new Set(['a', 'b', 'c']),
    );
    const shared = `${field(16, 'I1^LAB')}`;
    const same = one(obr('1', 'F1^LAB', 'A'), `OBX|1|ST|X||a${shared}`, `OBX|2|ST|Y||b${shared}`);
    expect(resourcesOf(same, 'Observation')).toHaveLength(2);
    expect(resourceOf(same, 'DiagnosticReport').result).toHaveLength(2);
  });
});

describe('the status', () => {
  test.each([
    ['O', 'registered'],
    ['I', 'registered'],
    ['S', 'registered'],
    ['A', 'partial'],
    ['P', 'preliminary'],
    ['C', 'corrected'],
    ['R', 'partial'],
    ['F', 'final'],
    ['X', 'cancelled'],
    ['M', 'preliminary'],
    ['N', 'registered'],
    ['?', 'unknown'],
  ])('OBR-25 %s is %s', (code, status) => {
    expect(resourceOf(one(obr('1', 'F1', 'A', code)), 'DiagnosticReport').status).toBe(status);
  });
  test.each([
    ['P', 'preliminary'],
    ['F', 'final'],
    ['C', 'corrected'],
    ['D', 'entered-in-error'],
    ['W', 'entered-in-error'],
    ['X', 'cancelled'],
    ['', 'corrected'],
  ])('OBX-11 %s is %s: without one it is that of the report', (code, status) => {
    const conversion = one(obr('1', 'F1', 'A', 'C'), `OBX|1|ST|X||a||||||${code}`);
    expect(resourceOf(conversion, 'Observation').status).toBe(status);
  });
});

describe('segments in any order', () => {
  test.each([
    ['OBX after SPM', [obr('1', 'F1', 'A'), 'SPM|1|S1||BLD', 'OBX|1|ST|X||a']],
    ['SPM after OBX', [obr('1', 'F1', 'A'), 'OBX|1|ST|X||a', 'SPM|1|S1||BLD']],
    [
      'Z segments between',
      [obr('1', 'F1', 'A'), 'ZZZ|1', 'OBX|1|ST|X||a', 'ZZ1|x', 'NTE|1||n', 'SPM|1|S1||BLD'],
    ],
    ['ORC missing OBR', ['ORC|RE||F1', 'OBX|1|ST|X||a', 'SPM|1|S1||BLD']],
  ])('%s: the result, its specimen, its report', (_name, segments) => {
    const conversion = one(...segments);
    const specimen = { reference: fullUrlOf(conversion, 'Specimen') };
    expect(resourceOf(conversion, 'Observation')).toMatchObject({ valueString: 'a', specimen });
    expect(resourceOf(conversion, 'DiagnosticReport')).toMatchObject({
      result: [{ reference: fullUrlOf(conversion, 'Observation') }],
      specimen: [specimen],
    });
    isValid(conversion);
  });

  test("results without any OBR are the patient's", () => {
    const conversion = one('OBX|1|NM|8867-4^Heart rate^LN||72', 'NTE|1||at rest');
    expect(resourceOf(conversion, 'Observation')).toMatchObject({
      subject: { reference: fullUrlOf(conversion, 'Patient') },
      note: [{ text: 'at rest' }],
    });
  });

  test('several patients keep their results', () => {
    const conversion = oru(
      pid,
      obr('1', 'F1', 'A'),
      'OBX|1|ST|X||one',
      'PID|2||1002^^^HOSP^MR',
      'NTE|1||of the patient',
      obr('1', 'F2', 'A'),
      'OBX|1|ST|X||two',
    );
    const [first, second] = resourcesOf(conversion, 'Observation') as [Resource, Resource];
    expect(first).toMatchObject({
      valueString: 'one',
      subject: { reference: fullUrlOf(conversion, 'Patient', 0) },
    });
    expect(second).toMatchObject({
      valueString: 'two',
      subject: { reference: fullUrlOf(conversion, 'Patient', 1) },
    });
    expect(resourcesOf(conversion, 'DiagnosticReport').map(({ subject }) => subject)).toEqual([
      first.subject,
      second.subject,
    ]);
    expect(JSON.stringify(resourcesOf(conversion, 'DiagnosticReport'))).not.toContain('of the patient');
  });

  test('a result without a patient is not lost', () => {
    const conversion = oru(obr('1', 'F1', 'A'), 'OBX|1|ST|X||a');
    expect(resourceOf(conversion, 'Observation')).toMatchObject({ valueString: 'a' });
    expect(resourceOf(conversion, 'DiagnosticReport').result).toHaveLength(1);
    isValid(conversion);
  });
});

describe('what belongs to another result', () => {
  test('a sub-id in outline form is a member', () => {
    const conversion = one(
      obr('1', 'F1', 'A'),
      'OBX|1|ST|ISO^Isolate^L|1|E. coli',
      'OBX|2|ST|AMP^Ampicillin^L|1.1|R',
      'OBX|3|ST|CIP^Cipro^L|1.2|S',
    );
    const [isolate, ampicillin] = resourcesOf(conversion, 'Observation') as [Resource, Resource];
    expect(isolate.hasMember).toEqual([
      { reference: fullUrlOf(conversion, 'Observation', 1) },
      { reference: fullUrlOf(conversion, 'Observation', 2) },
    ]);
    expect(ampicillin.extension).toEqual([
      {
        url: 'http://hl7.org/fhir/StructureDefinition/observation-v2-subid',
        extension: [{ url: 'original-sub-identifier', valueString: '1.1' }],
      },
    ]);
  });

  test('OBR-26 and OBR-29 name the result and the order that led to it', () => {
    const child = `OBR|2|P2^HIS|F2^LAB|SUSC^Susceptibility^L|||20261122${field(18, 'F')}|ISO&Isolate&L^2^E. coli|||P1&HIS^F1&LAB`;
    const conversion = one(
      obr('1', 'F1^LAB', 'CULT^Culture^L'),
      'OBX|1|ST|ISO^Isolate^L|1|Staph',
      'OBX|2|ST|ISO^Isolate^L|2|E. coli',
      child,
      'OBX|1|ST|AMP^Ampicillin^L||R',
    );
    const [staph, coli, ampicillin] = resourcesOf(conversion, 'Observation') as [
      Resource,
      Resource,
      Resource,
    ];
    expect(staph).not.toHaveProperty('hasMember');
    expect(coli.hasMember).toEqual([{ reference: fullUrlOf(conversion, 'Observation', 2) }]);
    expect(ampicillin.valueString).toBe('R');
    expect(resourcesOf(conversion, 'ServiceRequest').map(({ basedOn }) => basedOn)).toEqual([
      undefined,
      [{ reference: fullUrlOf(conversion, 'ServiceRequest', 0) }],
    ]);
    isValid(conversion);
  });

  test('an order that is not in the message is named by its number', () => {
    const conversion = one(`OBR|1|P2^HIS|F2^LAB|A|||20261122${field(18, 'F')}||||P1&HIS^F1&LAB`);
    expect(resourceOf(conversion, 'ServiceRequest').basedOn).toEqual([
      {
        type: 'ServiceRequest',
        identifier: { system: 'https://bithive.example/id/assigner/HIS', value: 'P1' },
      },
    ]);
  });
});

describe('who and with what', () => {
  test('laboratory with its address, director, observer, device, method', () => {
    const conversion = one(
      obr('1', 'F1', 'A'),
      `OBX|1|NM|X||1||||||F||||PROD^Producer^L|OBS^Ober^Otto|M1^Method^L|DEV1^MAKER|20261122071000+0100||||Lab North^L^^^^CLIA^^^^34D|Street 1^^Town^^12345|DIR^Chef^Clara`,
    );
    const observation = resourceOf(conversion, 'Observation');
    const resources = new Map(conversion.bundle.entry.map(({ fullUrl, resource }) => [fullUrl, resource]));
    const performers = (observation.performer as { reference: string }[]).map(({ reference }) =>
      resources.get(reference),
    );
    expect(performers).toMatchObject([
      { resourceType: 'Practitioner', name: [{ family: 'Ober' }] },
      {
        resourceType: 'Organization',
        name: 'Lab North',
        identifier: [{ value: '34D' }],
        address: [{ line: ['Street 1'], city: 'Town', postalCode: '12345' }],
      },
      { resourceType: 'PractitionerRole', code: [{ coding: [{ code: 'MDIR' }] }] },
    ]);
    const director = performers[2] as unknown as {
      practitioner: { reference: string };
      organization: { reference: string };
    };
    expect(resources.get(director.practitioner.reference)).toMatchObject({ name: [{ family: 'Chef' }] });
    expect(resources.get(director.organization.reference)).toMatchObject({ name: 'Lab North' });
    expect(resources.get((observation.device as { reference: string }).reference)).toMatchObject({
      resourceType: 'Device',
      identifier: [{ system: 'https://bithive.example/id/assigner/MAKER', value: 'DEV1' }],
    });
    expect(observation).toMatchObject({
      method: { coding: [{ code: 'M1' }] },
      extension: [
        {
          url: 'http://hl7.org/fhir/StructureDefinition/observation-analysis-date-time',
          valueDateTime: '2026-11-22T07:10:00+01:00',
        },
      ],
    });
    isValid(conversion);
  });

  test('participations by their role', () => {
    const conversion = one(
      obr('1', 'F1', 'A'),
      'PRT|1|UC||PRI^Primary interpreter^HL70443|I1^Inter^Ida',
      'PRT|2|UC||TN^Technician^HL70443|T1^Tech^Tom',
      'PRT|3|D||TN^Technician^HL70443|T2^Gone^Gus',
      'OBX|1|ST|X||a',
      'PRT|1|UC||RO^Responsible observer^HL70443|O1^Obs^Ole',
    );
    const resources = new Map(conversion.bundle.entry.map(({ fullUrl, resource }) => [fullUrl, resource]));
    const namesOf = (value: unknown) =>
      ((value ?? []) as { reference: string }[]).map(
        ({ reference }) => (resources.get(reference)!.name as { family: string }[])[0]!.family,
      );
    const report = resourceOf(conversion, 'DiagnosticReport');
    expect(namesOf(report.resultsInterpreter)).toEqual(['Inter']);
    expect(namesOf(report.performer)).toEqual(['Tech']);
    expect(namesOf(resourceOf(conversion, 'Observation').performer)).toEqual(['Obs']);
  });
});

describe('documents, images and text', () => {
  test('a document is the presented form, an image is media', () => {
    const conversion = one(
      obr('1', 'F1', 'A'),
      'OBX|1|ED|PDF^Report^L||LAB^application^pdf^Base64^JVBERi0xLjQK||||||F',
      'OBX|2|ED|IMG^Slide^L||LAB^Image^JPEG^Base64^/9j/4AAQ||||||F',
      'OBX|3|ST|X||a',
    );
    const report = resourceOf(conversion, 'DiagnosticReport');
    expect(report.presentedForm).toEqual([
      { contentType: 'application/pdf', data: 'JVBERi0xLjQK', title: 'Report' },
    ]);
    expect(report.media).toEqual([{ link: { reference: fullUrlOf(conversion, 'Media') } }]);
    expect(resourceOf(conversion, 'Media')).toMatchObject({
      status: 'completed',
      content: { contentType: 'image/jpeg', data: '/9j/4AAQ', title: 'Slide' },
    });
    expect(resourceOf(conversion, 'Observation').valueString).toBe('a');
    isValid(conversion);
  });

  test('the study that a report is about', () => {
    const conversion = one(obr('1', 'F1', 'A'), 'OBX|1|HD|113014^Study Instance UID^DCM||1.2.840.1');
    expect(resourceOf(conversion, 'DiagnosticReport').imagingStudy).toEqual([
      { type: 'ImagingStudy', identifier: { system: 'urn:dicom:uid', value: 'urn:oid:1.2.840.1' } },
    ]);
  });

  const lines = [
    obr('1', 'F1', 'A'),
    'OBX|1|TX|GDT^Findings^L||No effusion.||||||F',
    'OBX|2|TX|GDT^Findings^L||Heart normal.||||||F',
    'OBX|3|NM|X^Dose^L||1||||||F',
    'OBX|4|FT|IMP^Impression^L||Normal.||||||F',
    'OBX|5|TX|IMP^Impression^L||wrong line||||||D',
  ];
  const asked = (reportText: 'conclusion' | 'presented-form') =>
    loadHl7ToFhirMap({ site: { ...site, reportText } }).convert(messageOf(header('ORU^R01'), pid, ...lines), {
      receivedAtMs,
    });
  const text = 'No effusion.\nHeart normal.\n\nImpression:\nNormal.';

  test('lines of text are Observations unless the site wants them together', () => {
    expect(resourcesOf(one(...lines), 'Observation')).toHaveLength(5);
    expect(resourceOf(one(...lines), 'DiagnosticReport')).not.toHaveProperty('conclusion');
  });

  test('as a conclusion', () => {
    const conversion = asked('conclusion');
    expect(resourceOf(conversion, 'DiagnosticReport').conclusion).toBe(text);
    expect(resourcesOf(conversion, 'Observation').map(codeOf)).toEqual(['X', 'IMP']);
    isValid(conversion);
  });

  test('as a presented form', () => {
    const conversion = asked('presented-form');
    const [form] = resourceOf(conversion, 'DiagnosticReport').presentedForm as { data: string }[];
    expect(Buffer.from(form!.data, 'base64').toString()).toBe(text);
    expect(resourcesOf(conversion, 'Observation').map(codeOf)).toEqual(['X', 'IMP']);
  });
});

test('5,000 results: none is lost, all are told apart', () => {
  const lines = Array.from({ length: 5_000 }, (_, at) => `OBX|${at + 1}|TX|L^Line^L||${at}`);
  const conversion = one(obr('1', 'F1', 'A'), ...lines);
  const observations = entriesOf(conversion, 'Observation');
  expect(observations).toHaveLength(5_000);
  expect(new Set(observations.map(({ request }) => request.url)).size).toBe(5_000);
  expect(resourceOf(conversion, 'DiagnosticReport').result).toHaveLength(5_000);
});
