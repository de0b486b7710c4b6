import { expect, test } from '@jest/globals';
import { reportLines } from '../../../mappings/imaging/report-lines.ts';
import { completed } from './dicom/findings.ts';

const comparison = (priors?: Parameters<typeof reportLines>[0]['priors']) =>
  reportLines({ ...completed, ...(priors === undefined ? {} : { priors }) }).filter((text) =>
    text.startsWith('Compared'),
  );

test('a result says what it was compared with, or why with nothing', () => {
  const used = [{ studyInstanceUid: '2.25.99', studyDate: '20250101', sopInstanceUid: '2.25.100' }];
  expect(comparison({ used })).toEqual(['Compared with the study of 2025-01-01 (2.25.99).']);
  expect(comparison({ used: [{ studyInstanceUid: '2.25.99', sopInstanceUid: '2.25.100' }] })).toEqual([
    'Compared with the study of an unknown date (2.25.99).',
  ]);
  expect(comparison({ used: [], missing: 'the archive did not answer within 60 s' })).toEqual([
    'Compared with no earlier study: the archive did not answer within 60 s.',
  ]);
  expect(comparison({ used: [] })).toEqual(['Compared with no earlier study: none was found.']);
  expect(comparison()).toEqual([]);
});
