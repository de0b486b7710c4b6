import { fileURLToPath } from 'node:url';
import { readMapFiles } from '../../mappings/hl7v2/compiler/map-files.ts';
import { readMapFolder } from '../../mappings/hl7v2/compiler/read-folder.ts';
import { messageSections } from './hl7v2-messages.ts';
import { segmentSections, tableSection, typeSections } from './hl7v2-rows.ts';

const intro = `# HL7 v2 to FHIR R4

Generated from the rows in \`mappings/hl7v2\` by \`npm run reference\`. Do not edit.

What each message type gives, segment by segment and field by field. A message type without a section gives what \`any\` gives. A field that has no
row here, or a part of one that its row does not read, is not carried: it is listed as *residue* of the message (\`bithive mapping explain FILE\`,
\`bithive mapping run\`). *Not carried* with a reason means that the field says nothing to a receiver, or that something else says it; it is no residue.

- **[+]** adds to a list, for every repetition of the field; **[0]** fills the first of a list. Of rows with the same single element, the first that has a value wins.
- **when**: the row holds only then. **fixed**: values that stand beside the one that is read.
- **from A, B**: the first of them that has a value.`;

/** docs/reference/hl7v2.md */
export function hl7v2Page(): string {
  const folder = readMapFolder(readMapFiles(fileURLToPath(new URL('../../mappings/hl7v2', import.meta.url))));
  return [
    intro,
    '## Messages',
    ...messageSections(folder),
    '## Segments',
    ...segmentSections(folder),
    '## Datatypes',
    ...typeSections(folder),
    '## Code tables',
    tableSection(folder),
    '',
  ].join('\n\n');
}
