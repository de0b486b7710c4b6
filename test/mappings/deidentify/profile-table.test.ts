import { describe, expect, test } from '@jest/globals';
import { attributeType } from '../../../mappings/deidentify/attribute-types.ts';
import { profileRow, profileRows } from '../../../mappings/deidentify/profile-table.ts';
import { resolveAction } from '../../../mappings/deidentify/resolve-action.ts';
import { optionsOf, readSecondSource } from './second-source.ts';

describe('the table of PS3.15 E.1-1', () => {
  test('has the rows of the edition 2024b and two later ones', () => {
    const count = (edition: string) => profileRows.filter((row) => row.edition === edition).length;
    expect([count('2024b'), count('later'), profileRows.length]).toEqual([621, 2, 623]);
    expect(new Set(profileRows.map(({ tag }) => tag)).size).toBe(623);
  });

  test('says row by row what a second, independent source says', () => {
    const second = readSecondSource();
    expect(second).toHaveLength(622);
    const ours = new Map(profileRows.map((row) => [row.tag, row]));
    const differing = second.filter((row) => {
      const own = ours.get(row.tag);
      return (
        own?.basic !== row.basic ||
        JSON.stringify(Object.entries(own.options).sort()) !==
          JSON.stringify(Object.entries(optionsOf(row)).sort())
      );
    });
    expect(differing).toEqual([]);
    const known = new Set(second.map(({ tag }) => tag));
    expect(profileRows.filter(({ tag }) => !known.has(tag)).map(({ tag }) => tag)).toEqual(['private']);
  });

  test('repeating groups and single attributes are found; what the table does not name is not', () => {
    expect(profileRow(0x60023000)?.tag).toBe('60xx3000');
    expect(profileRow(0x60fe4000)?.tag).toBe('60xx4000');
    expect(profileRow(0x50100022)?.tag).toBe('50xxxxxx');
    expect(profileRow(0x00100010)?.keyword).toBe('PatientName');
    expect(profileRow(0xfffcfffc)?.basic).toBe('X');
    expect(profileRow(0x60020010)).toBeUndefined();
    expect(profileRow(0x00280010)).toBeUndefined();
  });
});

describe('a conditional action', () => {
  const ct = '1.2.840.10008.5.1.4.1.1.2';
  const row = (tag: number) => {
    const found = profileRow(tag);
    if (found === undefined) throw new RangeError(tag.toString(16));
    return found;
  };
  const none = new Set<never>();

  test.each([
    // Institution Name X/Z/D, type 3 in a CT image; Content Date Z/D, type 2C; Series Date X/D, type 3; Patient ID Z/D, type 2.
    [0x00080080, 'X'],
    [0x00080023, 'Z'],
    [0x00080021, 'X'],
    [0x00100020, 'Z'],
    [0x00081140, 'U'],
  ])('of %i follows the type in the IOD', (tag, action) => {
    expect(resolveAction(row(tag), tag, none, { sopClassUid: ct, isTopLevel: true })).toBe(action);
  });

  test('is the one that keeps every IOD valid where the type is not known', () => {
    const unknown = { sopClassUid: '1.2.3', isTopLevel: true };
    expect(attributeType('1.2.3', 0x00080080)).toBeUndefined();
    expect(resolveAction(row(0x00080080), 0x00080080, none, unknown)).toBe('D');
    expect(resolveAction(row(0x00080022), 0x00080022, none, unknown)).toBe('Z');
    expect(resolveAction(row(0x00080080), 0x00080080, none, { sopClassUid: ct, isTopLevel: false })).toBe(
      'D',
    );
  });

  test('an SR needs its content date', () => {
    expect(attributeType('1.2.840.10008.5.1.4.1.1.88.33', 0x00080023)).toBe(1);
  });
});

describe('options', () => {
  const place = { sopClassUid: '1.2.3', isTopLevel: true };
  const dateOfCalibration = profileRow(0x00181200);

  test('cleaning goes before keeping', () => {
    if (dateOfCalibration === undefined) throw new RangeError();
    const act = (...names: Parameters<typeof resolveAction>[2] extends ReadonlySet<infer O> ? O[] : never) =>
      resolveAction(dateOfCalibration, 0x00181200, new Set(names), place);
    expect(act()).toBe('X');
    expect(act('retain-device-identity')).toBe('K');
    expect(act('retain-device-identity', 'retain-modified-dates')).toBe('C');
    expect(act('retain-modified-dates', 'retain-device-identity')).toBe('C');
    expect(act('clean-descriptors')).toBe('X');
  });
});
