import { assert } from '../../../core/assert.ts';
import type { CodeTable } from '../compiler/code-table.ts';
import { amountTypes } from './amount.ts';
import { encapsulatedData, referencePointer } from './attachment.ts';
import { codedTypes } from './coded.ts';
import { codingSystem } from './coding-system.ts';
import { deviceReference } from './device.ts';
import { documentContent } from './document-content.ts';
import { errorLocations } from './error-location.ts';
import { identifierTypes } from './identifiers.ts';
import { locationChain, placeTypes } from './location.ts';
import { moneyTypes } from './money.ts';
import { observationValue } from './observation-value.ts';
import { performed } from './performed.ts';
import { primitives } from './primitives.ts';
import { dayCount, numberQuantity } from './quantity.ts';
import { referenceRange } from './reference-range.ts';
import { referenceTypes } from './references.ts';
import { reportTextTypes } from './report-text.ts';
import { scheduledTypes } from './scheduled.ts';
import { studyUidIdentifier } from './study-uid.ts';
import { subIdExtension } from './sub-id.ts';
import { contactPoint } from './telecom.ts';
import { timingTypes } from './timing.ts';
import type { ValueType } from './value-type.ts';

/** Table of the map that names coding systems (HL7 table 0396). */
export const registryTable = 'code-systems';

/** The converters that are more than rows; the datatype files of a map add theirs. */
export function builtInTypes(tables: ReadonlyMap<string, CodeTable>): Map<string, ValueType> {
  const registry = tables.get(registryTable) ?? { name: registryTable, rows: [], find: () => undefined };
  const coded = codedTypes(registry);
  const concept = coded['CWE>CodeableConcept'];
  assert(concept !== undefined, 'coded types hold CWE>CodeableConcept');
  return new Map(
    Object.entries({
      ...primitives,
      ...coded,
      ...identifierTypes,
      ...referenceTypes(registry),
      ...scheduledTypes,
      ...reportTextTypes,
      ...placeTypes,
      ...errorLocations,
      'ED>Attachment': encapsulatedData,
      'RP>Attachment': referencePointer,
      'OBX>Attachment': documentContent,
      ...amountTypes(registry),
      ...moneyTypes,
      ...timingTypes(concept),
      'ID>system': codingSystem(registry),
      'PR1>performed': performed(primitives['DTM>dateTime']!),
      'XTN>ContactPoint': contactPoint,
      'PL>Location': locationChain,
      'NM>Quantity': numberQuantity,
      'NM>days': dayCount,
      'EI>Device': deviceReference,
      'OBX>value': observationValue(registry, concept),
      'OBX>referenceRange': referenceRange(registry),
      'OG>Extension': subIdExtension,
      'UID>Identifier': studyUidIdentifier,
    }),
  );
}
