import { describe, expect, test } from '@jest/globals';
import { identityFaults } from '../../../mappings/imaging/order-match.ts';

const faults = (ordered: string, imaged: string) =>
  identityFaults({ patientId: '1', patientName: ordered }, [{ patientId: '1', patientName: imaged }]);

describe('a name as two systems write it', () => {
  test.each([
    ['Müller^Jörg', 'MUELLER^JOERG'],
    ['Müller^Jörg', 'Muller^Jorg'],
    ['Weiß^Änne', 'WEISS^AENNE'],
    ['Åse^Bjørn', 'AASE^BJORN'],
    ['Łukasz^Đorđe', 'LUKASZ^DORDE'],
    ['Smith^Jane', 'Jones^Jane'],
    ['Jane^Smith', 'Smith^Jane'],
    ['山田^太郎', 'Yamada^Tarou'],
    ['', 'Smith^Jane'],
  ])('%s and %s may be one person', (ordered, imaged) => {
    expect(faults(ordered, imaged)).toEqual([]);
  });

  test('names without a word in common are those of strangers', () => {
    expect(faults('Müller^Jörg', 'Schmidt^Anna')).toEqual(['name']);
  });
});
