import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nearest, settings } from '../../config/index.ts';

test('variables and flags name exactly one setting each', () => {
  expect(new Set(settings.map((setting) => setting.variable)).size).toBe(settings.length);
  expect(new Set(settings.map((setting) => setting.flag)).size).toBe(settings.length);
  expect(settings.map((setting) => setting.flag)).not.toContain('config');
});

test('every setting is described', () => {
  expect(settings.filter((setting) => setting.description === '').map((setting) => setting.key)).toEqual([]);
});

test.each([
  ['data', 'BITHIVE_DATA', 'data'],
  ['http.port', 'BITHIVE_HTTP_PORT', 'http-port'],
  ['hl7v2.port', 'BITHIVE_HL7V2_PORT', 'hl7v2-port'],
  ['ehr.fhirUrl', 'BITHIVE_EHR_FHIR_URL', 'ehr-fhir-url'],
  ['disk.freeBytesMin', 'BITHIVE_DISK_FREE_BYTES_MIN', 'disk-free-bytes-min'],
])('%s is %s and --%s', (key, variable, flag) => {
  expect(settings.find((setting) => setting.key === key)).toMatchObject({ variable, flag });
});

test('one slip of the finger is still understood', () => {
  const keys = settings.map((setting) => setting.key);
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.nat(), (key, at) => {
      const place = at % key.length;
      const found = nearest(key.slice(0, place) + key.slice(place + 1), keys);
      expect(found).not.toBeNull();
    }),
  );
  expect(nearest('completely-else', keys)).toBeNull();
});
