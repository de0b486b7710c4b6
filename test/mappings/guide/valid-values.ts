/**
 * A valid value of each HL7 datatype, part by part; every text is one that no other part has. A part that is a list is of subcomponents.
 * Parts that are left empty are not needed for the value to be carried.
 */
type Part = string | readonly string[];

const person = ['Familyname', 'Givenname', 'Secondname', 'JR', 'DR', 'MD'];
const times = ['20200102030405+0100', '20210102030405+0100'];

// biome-ignore format: one line a coding
const coded = [
  'C1', 'Conceptname', 'L',
  'C2', 'Othername', 'L2', '1', '2', 'Originaltext',
  'C3', 'Thirdname', 'L3', '3',
];

const parts: { readonly [datatype: string]: readonly Part[] } = {
  AUI: ['AUTH1', '20200102', 'SRC'],
  CE: ['C1', 'Conceptname', 'L', 'C2', 'Othername', 'L2'],
  CF: ['C1', 'Conceptname', 'L', 'C2', 'Othername', 'L2', '1', '2', '', 'C3', 'Thirdname', 'L3', '3'],
  CNE: coded,
  CWE: coded,
  CNN: ['CN77', ...person, 'SRC', 'CNAUTH', '1.2.3.4', 'ISO'],
  CP: [['12.50', 'EUR'], 'UP'],
  CQ: ['5', ['mg', 'milligram', 'UCUM']],
  CX: [
    'CX55',
    '1',
    'M11',
    ['CXAUTH', '1.2.3.5', 'ISO'],
    '',
    ['CXFAC', '1.2.3.6', 'ISO'],
    '20200101',
    '20300101',
  ],
  DLD: ['LOC7', '20200102030405+0100'],
  DLN: ['DL44', 'CA', '20300101'],
  DR: times,
  DT: ['20200102'],
  DTM: ['20200102030405+0100'],
  TS: ['20200102030405+0100'],
  TM: ['030405'],
  ED: ['SENDAPP', 'application', 'pdf', 'Base64', 'QUJDREVG'],
  EI: ['EI66', 'EINS', '1.2.3.7', 'ISO'],
  EIP: [
    ['EIP1', 'EIPNS', '1.2.3.8', 'ISO'],
    ['EIP2', 'EIFNS', '1.2.3.9', 'ISO'],
  ],
  FC: ['FC1', '20200102'],
  FN: ['Familyname', 'van', 'Ownname', 'de', 'Partnername'],
  FT: ['Formattedtext'],
  HD: ['HDNS', '1.2.3.10', 'ISO'],
  ID: ['Y'],
  IS: ['IS1'],
  JCC: ['JC1', 'JCC2', 'Jobtext'],
  MO: ['12.50', 'EUR'],
  MSG: ['ADT', 'A01', 'ADT_A01'],
  NA: ['1', '2', '3', '4'],
  NDL: [
    ['ND88', 'Familyname', 'Givenname', 'Secondname', 'JR', 'DR', 'MD', 'SRC', 'NDAUTH', '1.2.3.11', 'ISO'],
    ...times,
    'WARD5',
    'ROOM6',
    'BED7',
    ['NDFAC', '1.2.3.12', 'ISO'],
    'A',
    'N',
    'BLDG8',
    'FLOOR9',
  ],
  NM: ['7'],
  NR: ['3', '9'],
  OG: ['OG1', 'OG2', '3', '4'],
  PL: [
    'WARD5',
    'ROOM6',
    'BED7',
    ['PLFAC', '1.2.3.13', 'ISO'],
    'A',
    'N',
    'BLDG8',
    'FLOOR9',
    'Placedescription',
  ],
  PLN: ['PLN1', 'UPIN', 'CA', '20300101'],
  PT: ['P', 'T'],
  RI: ['BID', '0800'],
  RP: ['http://pacs.example/doc/1', ['RPAPP', '1.2.3.14', 'ISO'], 'application', 'pdf'],
  RPT: [['X1', 'Everynow', 'L'], 'DW', '1', '2', '6', 'h', ['AC', 'Beforemeals', 'L'], '30', 'min'],
  SAD: ['Streetline', 'Streetname', '12'],
  SI: ['1'],
  SN: ['>', '5'],
  SPS: [
    ['BLD', 'Blood', 'HL70070'],
    ['HEP', 'Heparin', 'L'],
    'Freetext',
    ['LA', 'Leftarm', 'L'],
    ['L', 'Left', 'L'],
    ['VENIP', 'Venipuncture', 'L'],
    ['P', 'Patient', 'L'],
  ],
  ST: ['Plaintext'],
  TQ: [['5', 'mg'], ['QAM', '0800'], 'D3', ...times, 'S', 'PRN', 'Tqtext', 'S'],
  TX: ['Textline'],
  XAD: [
    ['Streetline', 'Streetname', '12'],
    'Otherline',
    'Cityname',
    'ST',
    '12345',
    'CH',
    'H',
    'Geography',
    ['CTY', 'Countyname', 'L'],
    ['TRACT1', 'Tractname', 'L'],
    '',
    '',
    '20200101',
    '20300101',
  ],
  XCN: [
    'XC99',
    ...person,
    'SRC',
    ['XCAUTH', '1.2.3.15', 'ISO'],
    'L',
    '1',
    'M11',
    'MD',
    ['XCFAC', '1.2.3.16', 'ISO'],
  ],
  XON: [
    'Organisation1',
    'L',
    '33',
    '1',
    'M11',
    ['XONAUTH', '1.2.3.17', 'ISO'],
    'XX',
    ['XOFAC', '1.2.3.18', 'ISO'],
    '',
    'XON10',
  ],
  XPN: [...person, 'L', 'A', ['CTX', 'Nametext', 'L'], '', 'G', '20200101', '20300101', 'PROF'],
  XTN: ['', '', 'PH', '', '41', '31', '5551234', '', 'Anytext'],
  VID: ['2.5.1'],
  varies: ['Variestext'],
};

/** Components that a valid value may do without, because they would stand above what a row fixes. */
const optionalParts: { readonly [part: string]: string } = {
  'XTN.2': 'PRN',
  'XTN.3': 'FX',
  'XTN.4': 'a@b.example',
  'XTN.18': '2',
  'CX.5': 'MR',
  'CWE.3': 'LN',
};
/** Universal ids that are what HD.3 says. */
const universalIds: { readonly [type: string]: string } = {
  UUID: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
  DNS: 'his.example',
  URI: 'http://his.example/app',
};

/** Value of a component, where the one of the sample would not do. */
export function partValue(
  datatype: string,
  component: number,
  demands: readonly { readonly kind: string; readonly text?: string }[],
): string | undefined {
  const type =
    datatype === 'HD' && component === 2 ? demands.find((one) => one.kind === 'value')?.text : undefined;
  return (type === undefined ? undefined : universalIds[type]) ?? optionalParts[`${datatype}.${component}`];
}

/** Components of a valid value; a copy that may be changed. Component `n` stands at index n - 1. */
export function validParts(datatype: string): (string | string[])[] {
  return (parts[datatype] ?? parts.ST!).map((part) => (typeof part === 'string' ? part : [...part]));
}

export const printParts = (value: readonly (string | readonly string[])[]): string =>
  value.map((part) => (typeof part === 'string' ? part : part.join('&'))).join('^');
