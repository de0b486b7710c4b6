import { describe, expect, test } from '@jest/globals';
import { compileGrouping } from '../../../mappings/hl7v2/compiler/grouping.ts';
import { header, messageOf } from '../site.ts';

const order = { opens: ['ORC', 'OBR'], holds: ['OBX', 'NTE', 'SPM'], spans: false };
const numbersOf = (spec: Parameters<typeof compileGrouping>[0], ...segments: readonly string[]) =>
  compileGrouping(spec)
    .read(messageOf(header('ORU^R01'), ...segments), undefined)
    .numbers.slice(1);

describe('the groups of a message', () => {
  test.each([
    ['pairs', ['ORC|', 'OBR|', 'OBX|', 'ORC|', 'OBR|', 'OBX|'], [0, 0, 0, 1, 1, 1]],
    ['without ORC', ['OBR|', 'OBX|', 'OBR|', 'OBX|'], [0, 0, 1, 1]],
    ['one ORC, two OBR', ['ORC|', 'OBR|', 'OBX|', 'OBR|', 'OBX|'], [0, 0, 0, 1, 1]],
    ['an ORC after an OBR of its own', ['OBR|', 'OBX|', 'ORC|', 'OBR|', 'OBX|'], [0, 0, 1, 1, 1]],
    [
      'OBR before its ORC, as by specimen',
      ['OBR|', 'ORC|', 'OBX|', 'OBR|', 'PRT|', 'ORC|', 'OBX|'],
      [0, 0, 0, 1, -1, 1, 1],
    ],
    ['a Z segment and a stranger', ['ORC|', 'ZZZ|', 'OBR|', 'INV|', 'OBX|'], [0, -1, 0, -1, 0]],
  ])('%s', (_name, segments, expected) => {
    expect(numbersOf(order, ...segments)).toEqual(expected);
  });

  test('a group ends where the group around it does', () => {
    const message = messageOf(header('ORU^R01'), 'PID|1', 'OBR|', 'OBX|', 'PID|2', 'NTE|', 'OBR|', 'OBX|');
    const persons = compileGrouping({ opens: ['PID'], holds: [], spans: true }).read(message, undefined);
    const orders = compileGrouping({ ...order, within: 'person' }).read(message, persons);
    expect(persons.numbers).toEqual([-1, 0, 0, 0, 1, 1, 1, 1]);
    expect(orders.numbers).toEqual([-1, -1, 0, 0, -1, -1, 1, 1]);
    expect(orders.parents).toEqual([0, 1]);
    expect(orders.visible(1, 'PID').map((segment) => segment.get(1))).toEqual(['2']);
    expect(orders.visible(1, 'MSH')).toHaveLength(1);
    expect(orders.visible(1, 'SPM')).toEqual([]);
    expect(orders.members(1).map(({ name }) => name)).toEqual(['OBR', 'OBX']);
  });

  test('prior results are told apart from the orders they came with', () => {
    const segments = [
      'PV1|',
      'ORC|NW',
      'OBR|',
      'OBX|',
      'PV1|',
      'ORC|',
      'OBR|',
      'OBX|',
      'ORC|NW',
      'OBR|',
      'ORC|PR',
      'OBR|',
    ];
    expect(numbersOf({ ...order, prior: 'skip' }, ...segments)).toEqual([
      -1, 0, 0, 0, -1, -1, -1, -1, 1, 1, -1, -1,
    ]);
    expect(numbersOf({ ...order, prior: 'only' }, ...segments)).toEqual([
      -1, -1, -1, -1, -1, 0, 0, 0, -1, -1, 1, 1,
    ]);
  });
});
