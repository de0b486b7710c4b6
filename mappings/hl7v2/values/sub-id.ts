import type { FhirObject } from '../../bundle/bundle.ts';
import { readNumber } from './number.ts';
import { textAt, type ValueType } from './value-type.ts';

const url = 'http://hl7.org/fhir/StructureDefinition/observation-v2-subid';
/** Components of OG (HL7 v2.8.2 2.A.49), a plain text before. */
const parts = ['original-sub-identifier', 'group', 'sequence', 'identifier'] as const;
const isNumber = (name: string): boolean => name === 'group' || name === 'sequence';

/** OBX-4 as the extension that FHIR has for it. A group or sequence that is no number stays in the residue. */
export const subIdExtension: ValueType = {
  yields: ['Extension'],
  covers: [undefined, 'leaf', 'leaf', 'leaf', 'leaf'],
  isSelfContained: true,
  compile: () => (_run, segment, field, rep) => {
    const extension: FhirObject[] = [];
    for (const [at, name] of parts.entries()) {
      const text = textAt(segment, field, rep, at + 1, 0);
      if (text === '') continue;
      if (!isNumber(name)) {
        extension.push({ url: name, valueString: text });
        continue;
      }
      const number = readNumber(text);
      if (number !== null && number.comparator === undefined)
        extension.push({ url: name, valueDecimal: Number(number.digits) });
    }
    return extension.length === 0 ? undefined : { url, extension };
  },
};
