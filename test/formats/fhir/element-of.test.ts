import { describe, expect, test } from '@jest/globals';
import { elementOf } from '../../../formats/fhir/index.ts';

describe('elementOf', () => {
  test.each([
    ['Patient', 'name', ['HumanName'], true],
    ['Patient', 'name.given', ['string'], true],
    ['Patient', 'gender', ['code'], false],
    ['Encounter', 'location.location', ['Reference'], false],
    ['Encounter', 'location[+].location.reference', ['string'], false],
    ['Encounter', 'class', ['Coding'], false],
    ['Observation', 'valueQuantity.value', ['decimal'], false],
    ['Observation', 'component.valueCodeableConcept.coding.code', ['code'], false],
    ['Bundle', 'entry.link.url', ['uri'], false],
    ['Patient', 'contact.name.family', ['string'], false],
    ['Observation', 'referenceRange.low', ['Quantity'], false],
    ['Observation', 'component.referenceRange.low.value', ['decimal'], false],
    ['Patient', 'extension.valueString', ['string'], false],
  ])('%s.%s', (resourceType, path, types, isList) => {
    expect(elementOf(resourceType, path)).toMatchObject({ types, isList });
  });

  test('a choice names all its types and can be given one', () => {
    expect(elementOf('Patient', 'deceased[x]')?.types).toEqual(['boolean', 'dateTime']);
    expect(elementOf('Patient', 'deceased')?.types).toEqual(['boolean', 'dateTime']);
    expect(elementOf('Patient', 'deceasedDateTime')?.types).toEqual(['dateTime']);
  });

  test('required binding and cardinality', () => {
    expect(elementOf('Encounter', 'status')).toMatchObject({
      min: 1,
      binding: { strength: 'required', valueSet: 'http://hl7.org/fhir/ValueSet/encounter-status' },
    });
  });

  test.each([
    ['Patient', 'nme'],
    ['Patient', 'name.givn'],
    ['Patient', 'constructor'],
    ['Patient', 'managingOrganization.name'],
    ['Nothing', 'name'],
    ['../Patient', 'name'],
    ['__proto__', 'name'],
  ])('R4 has no %s.%s', (resourceType, path) => {
    expect(elementOf(resourceType, path)).toBeUndefined();
  });
});
