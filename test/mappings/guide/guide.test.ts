import { afterAll, describe, expect, test } from '@jest/globals';
import { readDecisions } from './decided.ts';
import { hasGuide, judgeGuide, type Verdict } from './guide.ts';

/**
 * The rows of the v2-to-FHIR guide, field in, path out: the message and the expectation are made from its sheets, not from our rows. What is
 * not as a sheet says stands in decided.yaml with the reason.
 */
const decisions = readDecisions();
const verdicts = hasGuide ? judgeGuide(decisions) : [];
const bySheet = new Map<string, Verdict[]>();
for (const verdict of verdicts) {
  const { sheet } = verdict.row;
  bySheet.set(sheet, [...(bySheet.get(sheet) ?? []), verdict]);
}

const isDecided = ({ row, difference }: Verdict): boolean =>
  difference !== undefined || decisions.none.has(row.sheet);

(hasGuide ? describe : describe.skip)('the sheets of the v2-to-FHIR guide', () => {
  test.each(hasGuide ? [...bySheet] : [['none', []]])('%s', (_sheet, own) => {
    const undecided = own.filter((one) => one.fault !== undefined && !isDecided(one));
    expect(undecided.map(({ row, fault }) => `${row.key}: ${fault}`)).toEqual([]);
    const elsewhere = own.filter((one) => one.faultElsewhere !== undefined);
    expect(elsewhere.map(({ row, faultElsewhere }) => `${row.key}: ${faultElsewhere}`)).toEqual([]);
    const stale = own.filter((one) => one.fault === undefined && isDecided(one));
    expect(stale.map(({ row }) => `${row.key} is as the sheet says, and decided otherwise`)).toEqual([]);
  });

  test('have every row that is decided otherwise, once', () => {
    const known = new Set(verdicts.map(({ row }) => row.key));
    expect([...decisions.rows.keys()].filter((key) => !known.has(key))).toEqual([]);
    expect([...decisions.none.keys()].filter((sheet) => !bySheet.has(sheet))).toEqual([]);
    const both = [...decisions.rows.keys()].filter((key) => decisions.none.has(key.split(' ')[0]!));
    expect([...decisions.repeated, ...both]).toEqual([]);
  });

  afterAll(() => {
    const sheetsOf = (isKind: (verdict: Verdict) => boolean): string => {
      const own = verdicts.filter(isKind);
      const asSaid = own.filter((one) => one.fault === undefined).length;
      const elsewhere = own.filter(
        (one) => one.fault !== undefined && one.difference?.at !== undefined,
      ).length;
      const left = own.length - asSaid - elsewhere;
      return `${own.length} rows: ${asSaid} as the sheet says, ${elsewhere} elsewhere, ${left} decided against`;
    };
    process.stdout.write(`guide, segments: ${sheetsOf(({ kind }) => kind === 'segment')}\n`);
    process.stdout.write(`guide, datatypes: ${sheetsOf(({ kind }) => kind === 'datatype')}\n`);
  });
});
