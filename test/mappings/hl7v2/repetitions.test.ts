import { describe, expect, test } from '@jest/globals';
import { convert, header, resourceOf } from '../site.ts';

/** Past 8 reads and 16 entries other ways of looking are taken: the answer must be that of the short lists. */
describe.each([3, 40])('a field of %d repetitions', (count) => {
  const ids = Array.from({ length: count }, (_, at) => `N${at}`);
  const patient = (pid3: readonly string[], pid4 = ''): ReturnType<typeof convert> =>
    convert(header('ADT^A31'), `PID|1||${pid3.join('~')}|${pid4}`);

  test('gives each identifier once, however often two fields name it', () => {
    const conversion = patient([...ids, ...ids, 'LAST'].map((id) => `${id}^^^HOSP^MR`));
    const { identifier } = resourceOf(conversion, 'Patient') as unknown as {
      readonly identifier: readonly { readonly value: string }[];
    };
    expect(identifier.map(({ value }) => value)).toEqual([...ids, 'LAST']);
  });

  test('leaves as residue what no row reads, in the repetition where it stands', () => {
    const { residue } = patient(
      ids.map((id, at) => (at === count - 1 ? `${id}^^^HOSP^MR^FAC` : `${id}^^^HOSP^MR`)),
    );
    expect(residue).toEqual([{ path: `PID-3[${count}].6`, value: 'FAC' }]);
  });
});
