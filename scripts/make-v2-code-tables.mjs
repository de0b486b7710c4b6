// Makes mappings/hl7v2/tables/*.csv from the code system sheets of HL7's v2-to-FHIR implementation guide (CC0-1.0), with the
// decisions of this project where a sheet has no answer or a wrong one.
// usage: node scripts/make-v2-code-tables.mjs <folder of the sheets>/codesystems
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sheets = process.argv[2];
const out = join(dirname(fileURLToPath(import.meta.url)), '..', 'mappings', 'hl7v2', 'tables');
const fhir = (name) => `http://hl7.org/fhir/${name}`;
const term = (name) => `http://terminology.hl7.org/CodeSystem/${name}`;

/** name: file; sheet: of the guide; ours: rows that add to or replace the sheet's: [source, target, display, equivalence, why]. */
const tables = [
  {
    name: '0001.administrative-gender',
    sheet: 'AdministrativeSex',
    system: fhir('administrative-gender'),
    exact: 'F M O U',
    ours: [['X', 'other', 'Other', 'wider', 'national extensions use X for a third sex']],
  },
  { name: '0002.marital-status', sheet: 'MaritalStatus', system: term('v3-MaritalStatus'), exact: 'D M W' },
  {
    name: '0004.encounter-class',
    sheet: 'PatientClass[EncounterClass]',
    system: term('v3-ActCode'),
    exact: 'E I',
  },
  { name: '0004.encounter-status', sheet: 'PatientClass[EncounterStatus]', system: fhir('encounter-status') },
  {
    name: 'event.encounter-status',
    system: fhir('encounter-status'),
    ours: [
      ['A03', 'finished', 'Finished', 'equivalent', 'discharge ends the visit'],
      ['A05', 'planned', 'Planned', 'equivalent', 'pre-admit'],
      ['A11', 'cancelled', 'Cancelled', 'equivalent', 'cancel admit'],
      ['A13', 'in-progress', 'In Progress', 'equivalent', 'cancel discharge: the visit goes on'],
      ['A14', 'planned', 'Planned', 'equivalent', 'pending admit'],
      ['A23', 'cancelled', 'Cancelled', 'wider', 'delete visit'],
      ['A27', 'cancelled', 'Cancelled', 'equivalent', 'cancel pending admit'],
      ['A38', 'cancelled', 'Cancelled', 'equivalent', 'cancel pre-admit'],
    ],
  },
  { name: '0007.admission-type', sheet: 'AdmissionType', system: term('v2-0007'), exact: '*' },
  { name: '0009.special-arrangement', sheet: 'AmbulatoryStatus', system: term('v2-0009') },
  {
    name: '0052.diagnosis-role',
    sheet: 'DiagnosisType',
    system: term('diagnosis-role'),
    ours: [['D', 'DD', 'Discharge diagnosis', 'equivalent', 'in use beside the codes of the table']],
  },
  { name: '0063.relationship', sheet: 'Relationship', system: term('v3-RoleCode') },
  {
    name: '0078.interpretation',
    sheet: 'InterpretationCodes',
    system: term('v3-ObservationInterpretation'),
    exact: '*',
  },
  {
    name: '0085.observation-status',
    sheet: 'ObservationResultStatusCodesInterpretation',
    system: fhir('observation-status'),
    exact: 'A C D F P X',
    ours: [
      ['B', 'amended', 'Amended', 'wider', 'appended: final with more information'],
      ['I', 'registered', 'Registered', 'wider', 'the specimen is there, no result yet'],
      ['N', 'unknown', 'Unknown', 'wider', 'not asked: dataAbsentReason says so'],
      ['O', 'registered', 'Registered', 'wider', 'order detail only'],
      ['R', 'preliminary', 'Preliminary', 'equivalent', 'entered, not verified'],
      ['S', 'preliminary', 'Preliminary', 'wider', 'partial'],
      ['U', 'final', 'Final', 'equivalent', 'became final without the result being sent again'],
      ['V', 'final', 'Final', 'wider', 'final results that were reviewed and confirmed'],
    ],
  },
  { name: '0092.re-admission', sheet: 'ReadmissionIndicator', system: term('v2-0092'), exact: '*' },
  {
    name: '0119.order-ended',
    system: fhir('request-status'),
    ours: [
      [
        'CA',
        'revoked',
        'Revoked',
        'equivalent',
        'the sheet says active; a placer that cancels must not leave an active order in a worklist',
      ],
      ['CR', 'revoked', 'Revoked', 'equivalent', 'canceled as requested'],
      ['OC', 'revoked', 'Revoked', 'equivalent', 'canceled by the filler'],
      ['DC', 'revoked', 'Revoked', 'equivalent', 'discontinue request'],
      ['DR', 'revoked', 'Revoked', 'equivalent', 'discontinued as requested'],
      ['OD', 'revoked', 'Revoked', 'equivalent', 'discontinued by the filler'],
      ['DF', 'revoked', 'Revoked', 'equivalent', 'refill denied'],
      ['UA', 'revoked', 'Revoked', 'wider', 'the filler cannot take the order'],
    ],
  },
  {
    name: '0119.request-status',
    sheet: 'OrderControlCode[ServiceRequest.status]',
    system: fhir('request-status'),
    ours: [
      ['CA', 'revoked', 'Revoked', 'equivalent', 'see 0119.order-ended'],
      ['HD', 'on-hold', 'On Hold', 'equivalent', 'a hold request: the sheet says active'],
      ['UA', 'revoked', 'Revoked', 'wider', 'the filler cannot take the order'],
      ...[
        'XO',
        'XR',
        'XX',
        'SC',
        'SN',
        'NA',
        'CH',
        'PA',
        'RP',
        'OE',
        'OR',
        'RF',
        'OF',
        'SR',
        'SS',
        'RR',
        'UC',
        'UD',
        'UH',
        'UM',
        'UR',
        'UX',
        'LI',
        'UN',
      ].map((code) => [code, 'active', 'Active', 'wider', 'says nothing of an end: the order stands']),
      ['RE', 'active', 'Active', 'wider', 'results follow; the order is completed by ORC-5'],
      ['RU', 'revoked', 'Revoked', 'wider', 'replaced by another order'],
    ],
  },
  {
    name: '0038.request-status',
    sheet: 'OrderStatus',
    system: fhir('request-status'),
    ours: [
      ['A', 'active', 'Active', 'wider', 'some results are there'],
      ['NW', 'active', 'Active', 'wider', 'senders repeat ORC-1 here'],
    ],
  },
  {
    name: '0127.allergy-category',
    sheet: 'AllergenType[AllergyIntoleranceCategory]',
    system: fhir('allergy-intolerance-category'),
  },
  { name: '0127.allergy-type', sheet: 'AllergyType', system: fhir('allergy-intolerance-type') },
  {
    name: '0128.criticality',
    sheet: 'AllergySeverity[AllergyIntolerance.criticality]',
    system: fhir('allergy-intolerance-criticality'),
    ours: [
      [
        'MO',
        'unable-to-assess',
        'Unable to Assess Risk',
        'wider',
        'moderate is neither high nor low; the severity keeps it',
      ],
      ['U', 'unable-to-assess', 'Unable to Assess Risk', 'equivalent', 'unknown'],
    ],
  },
  {
    name: '0128.reaction-severity',
    sheet: 'AllergySeverity[AllergyIntolerance.reaction.severity]',
    system: fhir('reaction-event-severity'),
    exact: '*',
  },
  { name: '0131.contact-role', sheet: 'ContactRole', system: term('v2-0131'), exact: '*' },
  { name: '0190.address-type', sheet: 'AddressType[Type]', system: fhir('address-type') },
  {
    name: '0190.address-use',
    sheet: 'AddressType[Use]',
    system: fhir('address-use'),
    ours: [
      ['P', 'home', 'Home', 'wider', 'a permanent address is where the person lives'],
      ['L', 'home', 'Home', 'wider', 'the legal address of a person'],
    ],
  },
  {
    name: '0200.name-use',
    sheet: 'NameType',
    system: fhir('name-use'),
    ours: [
      ['B', 'maiden', 'Name changed for Marriage', 'wider', 'name at birth'],
      ['NOUSE', 'old', 'Old', 'equivalent', 'no longer to be used'],
      ['S', 'anonymous', 'Anonymous', 'wider', 'a pseudonym'],
    ],
  },
  { name: '0217.visit-priority', sheet: 'EncounterPriority', system: term('v3-ActPriority'), exact: '*' },
  { name: '0430.mode-of-arrival', sheet: 'ModeOfArrivalCode', system: term('v2-0430'), exact: '*' },
  {
    name: '0485.request-priority',
    sheet: 'ExtendedPriorityCodes',
    system: fhir('request-priority'),
    exact: 'S A R',
    ours: [
      ['P', 'urgent', 'Urgent', 'wider', 'pre-operative: before the operation'],
      ['T', 'urgent', 'Urgent', 'wider', 'timing critical, without a time'],
      ['C', 'routine', 'Routine', 'wider', 'callback'],
      ['PRN', 'routine', 'Routine', 'wider', 'as needed'],
      ['STAT', 'stat', 'STAT', 'equivalent', 'the word instead of the code'],
      ['U', 'urgent', 'Urgent', 'wider', 'not of the table, in use'],
      ['E', 'stat', 'STAT', 'wider', 'emergency: not of the table, in use'],
      // Timing critical within an integer of seconds, minutes, hours, days, weeks, months. The sheet leaves them empty.
      ['TS#3600', 'stat', 'STAT', 'wider', 'due within the hour'],
      ['TS#86400', 'urgent', 'Urgent', 'wider', 'due within the day'],
      ['TS#', 'routine', 'Routine', 'wider', 'seconds that are more than a day'],
      ['TM#60', 'stat', 'STAT', 'wider', 'due within the hour'],
      ['TM#1440', 'urgent', 'Urgent', 'wider', 'due within the day'],
      ['TM#', 'routine', 'Routine', 'wider', 'minutes that are more than a day'],
      ['TH#1', 'stat', 'STAT', 'wider', 'due within the hour'],
      ['TH#24', 'urgent', 'Urgent', 'wider', 'due within the day'],
      ['TH#', 'routine', 'Routine', 'wider', 'hours that are more than a day'],
      ['TD#1', 'urgent', 'Urgent', 'wider', 'due within the day'],
      ['TD#', 'routine', 'Routine', 'wider', 'days'],
      ['TW#', 'routine', 'Routine', 'wider', 'weeks'],
      ['TL#', 'routine', 'Routine', 'wider', 'months'],
    ],
  },
  {
    name: 'code-systems',
    system: '',
    ours: [
      ['LN', 'http://loinc.org'],
      ['SCT', 'http://snomed.info/sct'],
      ['SNM', 'http://snomed.info/sct', '', 'wider', 'older editions'],
      ['UCUM', 'http://unitsofmeasure.org'],
      ['ISO+', 'urn:iso-astm:E1238:iso+', '', 'equivalent', 'HL7 table 0396'],
      ['I9', fhir('sid/icd-9-cm')],
      ['I9C', fhir('sid/icd-9-cm')],
      ['I9CDX', fhir('sid/icd-9-cm')],
      ['I9CP', fhir('sid/icd-9-cm')],
      ['I10', fhir('sid/icd-10')],
      ['I10C', fhir('sid/icd-10-cm')],
      ['I10P', 'http://www.cms.gov/Medicare/Coding/ICD10'],
      ['I10G2004', fhir('sid/icd-10-de'), '', 'wider', 'ICD-10-GM'],
      ['C4', 'http://www.ama-assn.org/go/cpt'],
      ['CPT', 'http://www.ama-assn.org/go/cpt'],
      ['CPTM', 'http://www.ama-assn.org/go/cpt'],
      ['CVX', fhir('sid/cvx')],
      ['MVX', 'http://hl7.org/fhir/sid/mvx'],
      ['NDC', fhir('sid/ndc')],
      ['RXNORM', 'http://www.nlm.nih.gov/research/umls/rxnorm'],
      ['CDCREC', 'urn:oid:2.16.840.1.113883.6.238'],
      ['ISO3166_1', 'urn:iso:std:iso:3166'],
      ['ISO639', 'urn:ietf:bcp:47', '', 'wider', ''],
      ['DCM', 'http://dicom.nema.org/resources/ontology/DCM'],
      ['RADLEX', 'http://radlex.org'],
      ['ATC', 'http://www.whocc.no/atc'],
      ['WC', 'http://www.whocc.no/atc'],
    ].map(([source, target, display = '', equivalence = 'equivalent', why = '']) => [
      source,
      target,
      display,
      equivalence,
      why,
    ]),
  },
];

function cells(text) {
  const rows = [[]];
  for (const match of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    const [whole, quoted, plain, end] = match;
    if (whole === '' && end === '') break;
    rows.at(-1).push((quoted?.replaceAll('""', '"') ?? plain).replaceAll('\u00a0', ' ').trim());
    if (end !== ',') rows.push([]);
  }
  return rows;
}

function rowsOf({ sheet, system, exact = '', ours = [] }) {
  const found = new Map();
  const exactCodes = new Set(exact.split(' '));
  const lines =
    sheet === undefined
      ? []
      : cells(readFileSync(join(sheets, `HL7 Concept Map_ ${sheet} - Sheet1.csv`), 'utf8')).slice(2);
  for (const [source, , table, , , , target, , display = '', targetSystem = ''] of lines) {
    if (!source || !table || !target || found.has(source) || /\s|\[|</.test(target.replace(/^<$/, '')))
      continue;
    const equivalence = exact === '*' || exactCodes.has(source) ? 'equivalent' : 'wider';
    found.set(source, [source, target, targetSystem || system, display, equivalence, '']);
  }
  for (const [source, target, display, equivalence, why] of ours)
    found.set(source, [source, target, system, display, equivalence, why]);
  return [...found.values()].sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

const quote = (cell) => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
mkdirSync(out, { recursive: true });
for (const table of tables) {
  const source =
    table.sheet === undefined
      ? 'decisions of this project'
      : `sheet ${table.sheet} of HL7/v2-to-fhir (CC0-1.0) with decisions of this project (those with a why)`;
  const head = [
    `# Generated by scripts/make-v2-code-tables.mjs from ${source}.`,
    'source,target,system,display,equivalence,why',
  ];
  writeFileSync(
    join(out, `${table.name}.csv`),
    `${[...head, ...rowsOf(table).map((row) => row.map(quote).join(','))].join('\n')}\n`,
  );
}
