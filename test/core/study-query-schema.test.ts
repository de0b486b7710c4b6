import { expect, test } from '@jest/globals';
import { BitHiveError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { StudyNotice } from '../../core/study-query.ts';
import { parseStudyNotice, parseStudyQuery } from '../../core/study-query-schema.ts';

const codeOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return error instanceof BitHiveError ? error.code : String(error);
  }
  return 'none';
};
const bytes = (value: Json) => new TextEncoder().encode(JSON.stringify(value));

const notices: readonly StudyNotice[] = [
  { notice: 'mpps', studyInstanceUid: '1.2', status: 'in progress', stepUid: '1.2.9' },
  { notice: 'mpps', studyInstanceUid: '1.2', status: 'completed', stepUid: '1.2.9', sopInstanceUids: ['1'] },
  { notice: 'ian', studyInstanceUid: '1.2', sopInstanceUids: ['1', '2'] },
  { notice: 'count', studyInstanceUid: '1.2', count: 0 },
  { notice: 'priors', studyInstanceUid: '1.2', studies: [], missing: 'none is there' },
  { notice: 'manual', studyInstanceUid: '1.2', by: 'api-token' },
];

test.each(notices.map((notice) => [notice.notice, notice] as const))(
  'a notice %s is read as written',
  (_name, notice) => {
    expect(parseStudyNotice(JSON.parse(JSON.stringify(notice)) as JsonObject)).toEqual(notice);
  },
);

test.each([
  ['no kind', { studyInstanceUid: '1.2' }],
  ['no study', { notice: 'manual', by: 'x' }],
  ['a count that is none', { notice: 'count', studyInstanceUid: '1.2', count: -1 }],
  ['a status of another standard', { notice: 'mpps', studyInstanceUid: '1', stepUid: '2', status: 'done' }],
])('%s is no notice, and the refusal tells no value', (_name, body) => {
  expect(codeOf(() => parseStudyNotice(body))).toBe('BH_NOTICE_INVALID');
});

test('a study query is read as written; anything else ends its delivery', () => {
  const query = { ask: 'priors', studyInstanceUid: '1.2', patientId: '7', modalities: ['CT'], studiesMax: 1 };
  expect(parseStudyQuery(bytes(query))).toEqual(query);
  expect(parseStudyQuery(bytes({ ask: 'count', studyInstanceUid: '1.2' }))).toMatchObject({ ask: 'count' });
  for (const bad of [{ ...query, studiesMax: 1000 }, { ...query, patientId: '' }, { ask: 'all' }, null])
    expect(codeOf(() => parseStudyQuery(bytes(bad)))).toBe('BH_DELIVERY_REFUSED');
  expect(codeOf(() => parseStudyQuery(new TextEncoder().encode('{')))).toBe('BH_DELIVERY_REFUSED');
});
