import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import { printBundle } from '../../../mappings/index.ts';
import { convert, header, resourceOf, resourcesOf } from '../site.ts';

const pid = 'PID|1||1001^^^HOSP^MR||Muster^Max';

describe('an order of one message', () => {
  const conversion = convert(
    header('ORM^O01'),
    pid,
    'ORC|NW|P1^HIS|||||1^Q8H^D5^20261122120000^^S',
    'RXO|1^Ibuprofen^L|400||mg|TAB',
    'RXR|PO',
    'DG1|1||R07^Pain^I10',
    'OBX|1|NM|29463-7^Weight^LN||80|kg|||||F',
    'ORC|NW|P2^HIS',
    'ODS|D||320^LowSalt^L|no nuts',
    'ODS|S||MILK^Milk^L|warm',
    'ODS|P||VEG^Vegetarian^L',
    'ODT|^early tray||on weekdays',
    'ORC|NW|P3^HIS',
    'OBR|1|P3^HIS||X^x^L',
  );

  test('for a medicine is a MedicationRequest with its reason and observation', () => {
    expect(resourceOf(conversion, 'MedicationRequest')).toMatchObject({
      priority: 'stat',
      dosageInstruction: [
        {
          timing: { repeat: { period: 8, periodUnit: 'h' } },
          doseAndRate: [{ doseQuantity: { value: 400 } }],
        },
      ],
      reasonReference: [expect.anything()],
      supportingInformation: [expect.anything()],
    });
  });

  test('for food is a NutritionOrder: diet, supplement and preference each in its place', () => {
    expect(resourceOf(conversion, 'NutritionOrder')).toMatchObject({
      status: 'active',
      oralDiet: { type: [{ coding: [{ code: '320' }] }], instruction: 'no nuts' },
      supplement: [{ type: { coding: [{ code: 'MILK' }] }, instruction: 'warm' }],
      foodPreferenceModifier: [{ coding: [{ code: 'VEG' }] }],
      note: [{ text: 'on weekdays' }, { text: 'early tray' }],
    });
  });

  test('for a service stays a ServiceRequest, and the only one', () => {
    expect(resourcesOf(conversion, 'ServiceRequest').map(({ code }) => code)).toMatchObject([
      { coding: [{ code: 'X' }] },
    ]);
    expect(conversion.residue).toEqual([]);
    expect(
      validate(JSON.parse(printBundle(conversion.bundle))).filter(({ severity }) => severity === 'error'),
    ).toEqual([]);
  });
});
