import { catalogue, type ErrorEntry } from '../../core/error-catalogue.ts';
import { code, markdownTable } from './markdown.ts';

const intro = `# Errors

Generated from \`core/error-catalogue.ts\` by \`npm run reference\`. Do not edit.

Every refusal carries one of these codes, whatever the protocol. *HTTP*: status of FHIR, DICOMweb and API answers. *ACK*: MSA-1 in original
mode and the condition of HL7 table 0357 in ERR-3. *DICOM*: failure reason of STOW-RS (PS3.18 10.5.3) and status of DIMSE (PS3.7 C). *Again*: whether
the same input may be sent again unchanged.
`;

/** docs/reference/errors.md */
export function errorsPage(): string {
  const areas = new Map<string, [string, ErrorEntry][]>();
  for (const [name, entry] of Object.entries(catalogue) as [string, ErrorEntry][]) {
    const area = name.split('_')[1] ?? '';
    areas.set(area, [...(areas.get(area) ?? []), [name, entry]]);
  }
  const parts = [...areas].map(
    ([area, entries]) => `## ${area}\n\n${markdownTable(head, entries.map(rowOf))}`,
  );
  return `${intro}\n${parts.join('\n\n')}\n`;
}

const head = ['Code', 'What it means', 'What to do', 'HTTP', 'ACK', 'DICOM', 'Again'];

function rowOf([name, { title, next, http, ack, err3, dicom, permanent }]: [
  string,
  ErrorEntry,
]): readonly string[] {
  const status = `${dicom.toString(16).toUpperCase().padStart(4, '0')}H`;
  return [code(name), title, next, String(http), `${ack} ${err3}`, status, permanent ? 'no' : 'yes'];
}
