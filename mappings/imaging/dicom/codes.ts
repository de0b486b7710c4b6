import { datasetOf, type WritableDataset } from '../../../formats/dicom/index.ts';
import { line } from './text.ts';

/** A coded concept: value, coding scheme designator (PS3.16 8), meaning. */
export type Code = readonly [value: string, scheme: string, meaning: string];

/** PS3.5 6.2: SH. */
const shortCharsMax = 16;

/** PS3.16 table 8-1, by the URIs that FHIR uses for the same systems. */
const schemes: Readonly<Record<string, string>> = {
  'http://snomed.info/sct': 'SCT',
  'http://loinc.org': 'LN',
  'http://dicom.nema.org/resources/ontology/DCM': 'DCM',
  'http://radlex.org': 'RADLEX',
  'http://www.radlex.org': 'RADLEX',
  'http://hl7.org/fhir/sid/icd-10': 'I10',
  'http://www.ama-assn.org/go/cpt': 'C4',
};

/** A code of a FHIR system; of one that PS3.16 does not list under a private designator (PS3.16 8.2). */
export const codeOf = (code: {
  readonly code: string;
  readonly system?: string;
  readonly display: string;
}): Code => [
  code.code,
  schemes[code.system ?? ''] ?? '99BITHIVE',
  code.display === '' ? code.code : code.display,
];

/** The item of a code sequence (PS3.3 8.8); a value of over 16 characters is a Long Code Value. */
export function codeItem([value, scheme, meaning]: Code): WritableDataset {
  const isShort = value.length <= shortCharsMax;
  return datasetOf({
    [isShort ? 'CodeValue' : 'LongCodeValue']: line(value, 1024),
    CodingSchemeDesignator: scheme,
    CodeMeaning: line(meaning, 64),
  });
}
