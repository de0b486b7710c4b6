import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import { type Conversion, printBundle } from '../../../mappings/index.ts';
import { convert, entriesOf, header, resourceOf, resourcesOf } from '../site.ts';

const pid = 'PID|1||1001^^^HOSP^MR||Muster^Max||19640229|M||||||||||A77^^^HOSP-AN^AN';
const pv1 = `PV1|1|I|3N^312^2^HOSP${'|'.repeat(16)}V9001^^^HOSP-VN^VN`;
const dft = (...segments: readonly string[]) => convert(header('DFT^P03^DFT_P03'), pid, pv1, ...segments);
/** FT1 from its second field on, with amounts: extended, unit. */
const ft1 = (
  number: string,
  type: string,
  amount: string,
  unit = '',
  code = '71045^Chest^C4',
  day = '20261122',
) => `FT1|1|${number}||${day}|20261123|${type}|${code}|||2|${amount}|${unit}|RAD^Radiology^L`;
const errorsIn = ({ bundle }: Conversion) =>
  validate(JSON.parse(printBundle(bundle))).filter(({ severity }) => severity === 'error');

describe('a charge', () => {
  const conversion = dft(
    `${ft1('T1', 'CG', '25.10&EUR^TP', '12.55&EUR')}||||||R07^Pain^I10|Z1^Arzt^Zoe|Z2^Chef^Carl||F9^RIS|Z3^Kasse^Kim|71045^Chest^C4|26`,
    'NTE|1||paid in full',
    'ZZ1|x',
    'PR1|1||71045^Chest^C4||20261122',
  );
  const charge = resourceOf(conversion, 'ChargeItem');

  test('has its code once, what for, for whom, by whom, to which account', () => {
    expect(charge).toMatchObject({
      status: 'billable',
      code: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '71045' }] },
      occurrenceDateTime: '2026-11-22',
      enteredDate: '2026-11-23',
      quantity: { value: 2 },
      reason: [{ coding: [{ code: 'R07' }] }],
      performer: [{ actor: expect.anything() }, { function: { coding: [{ code: 'OP' }] } }],
      enterer: expect.anything(),
      costCenter: expect.anything(),
      account: [{ reference: entriesOf(conversion, 'Account')[0]?.fullUrl }],
      context: { reference: entriesOf(conversion, 'Encounter')[0]?.fullUrl },
      service: [{ reference: entriesOf(conversion, 'Procedure')[0]?.fullUrl }],
      note: [{ text: 'paid in full' }],
      supportingInformation: [{ identifier: { value: 'F9' }, type: 'ServiceRequest' }],
    });
    expect((charge.code as { coding: unknown[] }).coding).toHaveLength(1);
  });

  test('keeps every digit of its amounts', () => {
    const text = printBundle(conversion.bundle);
    expect(text).toContain('"priceOverride":{"value":25.10,"currency":"EUR"}');
    expect(text).toContain('"valueMoney":{"value":12.55,"currency":"EUR"}');
  });

  test('makes sure of account and visit, and changes neither', () => {
    expect(entriesOf(conversion, 'Account')[0]?.request.method).toBe('POST');
    expect(entriesOf(conversion, 'Encounter')[0]?.request.method).toBe('POST');
    expect(errorsIn(conversion)).toEqual([]);
  });
});

describe('an amount', () => {
  const priceOf = (type: string, amount: string) => {
    const conversion = dft(ft1('T1', type, amount));
    expect(errorsIn(conversion)).toEqual([]);
    const found = /"priceOverride":(\{[^}]*\})/.exec(printBundle(conversion.bundle))?.[1];
    return [
      found,
      conversion.issues.filter(({ row }) => row.startsWith('FT1-11')).map(({ severity }) => severity),
    ];
  };
  test.each([
    ['CG', '12.50&EUR', '{"value":12.50,"currency":"EUR"}', []],
    ['CG', '-12.50&EUR', '{"value":-12.50,"currency":"EUR"}', []],
    ['', '0012.50&eur', '{"value":12.50,"currency":"EUR"}', []],
    ['CG', '12345678901234567.89&EUR', '{"value":12345678901234567.89,"currency":"EUR"}', []],
    ['CG', '12.50', '{"value":12.50}', ['information']],
    ['CG', '12.50&Euro', '{"value":12.50}', ['warning']],
    ['CD', '12.50&EUR', '{"value":-12.50,"currency":"EUR"}', []],
    ['CD', '-12.50&EUR', '{"value":-12.50,"currency":"EUR"}', []],
    ['CD', '0.00&EUR', '{"value":0.00,"currency":"EUR"}', []],
    ['AJ', '-3&EUR', '{"value":-3,"currency":"EUR"}', []],
    ['CG', '1,250.00&EUR', undefined, ['warning']],
    ['CG', '<5&EUR', undefined, ['warning']],
    ['CG', '12.50&EUR^UP', undefined, []],
  ])('%s of %s is %s', (type, amount, expected, severities) => {
    expect(priceOf(type, amount)).toEqual([expected, severities]);
  });

  test('of a payment or co-payment is no charge', () => {
    for (const type of ['PY', 'CO']) {
      const conversion = dft(`${ft1('T1', type, '20.00&EUR')}${'|'.repeat(17)}PAY9`);
      expect(resourcesOf(conversion, 'ChargeItem')).toEqual([]);
      expect(resourceOf(conversion, 'PaymentReconciliation')).toMatchObject({
        status: 'active',
        paymentDate: '2026-11-22',
        paymentIdentifier: { value: 'PAY9' },
        detail: [{ type: { coding: [{ code: type }, { code: '71045' }] }, request: expect.anything() }],
      });
      expect(printBundle(conversion.bundle)).toContain('"paymentAmount":{"value":20.00,"currency":"EUR"}');
      expect(errorsIn(conversion)).toEqual([]);
    }
  });
});

describe('identity', () => {
  const urls = (conversion: Conversion) =>
    entriesOf(conversion, 'ChargeItem').map(({ request }) => request.url);
  test('is the number with what is charged: a number used again is another charge', () => {
    expect(
      new Set(
        urls(dft(ft1('T1', 'CG', '1'), ft1('T1', 'CG', '1', '', '99213^Visit^C4'), ft1('T1', 'CD', '1'))),
      ).size,
    ).toBe(3);
    expect(urls(dft(ft1('T1', 'CG', '1')))).toEqual(urls(dft(ft1('T1', 'CG', '2'))));
  });
  test('without a number is of its message', () => {
    const other = convert(header('DFT^P03').replace('|C1|', '|C2|'), pid, pv1, ft1('', 'CG', '1'));
    const first = urls(dft(ft1('', 'CG', '1')));
    expect(urls(other)).not.toEqual(first);
    expect(urls(dft(ft1('', 'CG', '1')))).toEqual(first);
    expect(new Set(urls(dft(ft1('', 'CG', '1'), ft1('', 'CG', '1')))).size).toBe(2);
  });
});

describe('who pays', () => {
  const segment = (name: string, fields: { readonly [field: number]: string }): string => {
    const cells: string[] = [];
    for (const [field, text] of Object.entries(fields)) cells[Number(field)] = text;
    return `${name}${Array.from(cells, (text) => text ?? '').join('|')}`;
  };
  const gt1 = (relation: string) =>
    segment('GT1', {
      1: '1',
      2: 'G5^^^HOSP',
      3: 'Muster^Mia',
      5: 'Weg 1^^Berlin',
      8: '19660101',
      9: 'F',
      11: relation,
      13: '20260101',
    });
  const in1 = segment('IN1', {
    1: '1',
    2: 'P1^Plan^L',
    3: 'K1^^^KK',
    4: 'AOK',
    12: '20260101',
    15: 'HMO',
    17: '18',
    22: '2',
    36: 'POL77',
  });

  test('is a guarantor of the account, and so are insurances, in their order', () => {
    const conversion = convert(
      header('BAR^P01'),
      pid,
      pv1,
      gt1('SPO').replace('|||20260101', '||20260101'),
      in1,
    );
    const [account] = entriesOf(conversion, 'Account');
    expect(account?.resource).toMatchObject({
      status: 'active',
      guarantor: [
        {
          party: { reference: entriesOf(conversion, 'RelatedPerson')[0]?.fullUrl },
          period: { start: '2026-01-01' },
        },
      ],
      coverage: [{ coverage: { reference: entriesOf(conversion, 'Coverage')[0]?.fullUrl }, priority: 2 }],
    });
    expect(resourceOf(conversion, 'RelatedPerson').relationship).toHaveLength(2);
    expect(errorsIn(conversion)).toEqual([]);
  });

  test('may be the patient', () => {
    const conversion = dft(ft1('T1', 'CG', '1'), gt1('SEL^Self^HL70063'));
    expect(resourcesOf(conversion, 'RelatedPerson')).toEqual([]);
    expect(resourceOf(conversion, 'Account').guarantor).toEqual([
      expect.objectContaining({ party: { reference: entriesOf(conversion, 'Patient')[0]?.fullUrl } }),
    ]);
  });

  test('repeated with each charge (P11) is one', () => {
    const more = [in1, 'DG1|1||R07^Pain^I10', gt1('SPO')];
    const conversion = convert(
      header('DFT^P11'),
      pid,
      pv1,
      ft1('T1', 'CG', '1'),
      ...more,
      ft1('T2', 'CG', '1'),
      ...more,
    );
    for (const [type, count] of [
      ['ChargeItem', 2],
      ['Coverage', 1],
      ['Condition', 1],
      ['RelatedPerson', 1],
    ] as const)
      expect(resourcesOf(conversion, type)).toHaveLength(count);
    expect(conversion.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

describe('an account', () => {
  test.each([
    ['P01', 'PUT', 'active'],
    ['P05', 'PUT', 'active'],
    ['P12', 'POST', 'active'],
  ])('at BAR^%s is written by %s as %s', (event, method, status) => {
    const [account] = entriesOf(convert(header(`BAR^${event}`), pid, pv1), 'Account');
    expect([account?.request.method, account?.resource.status]).toEqual([method, status]);
  });

  test.each(['P02', 'P06'])(
    'at BAR^%s is ended by a patch: what else the receiver knows of it stays',
    (event) => {
      const conversion = convert(
        header(`BAR^${event}`),
        pid,
        pv1,
        'PID|2||1002^^^HOSP^MR|||||||||||||||A78^^^HOSP-AN^AN',
      );
      const patches = conversion.bundle.entry.filter(({ request }) => request.method === 'PATCH');
      expect(patches.map(({ request }) => request.url)).toEqual([
        expect.stringContaining('A77'),
        expect.stringContaining('A78'),
      ]);
      for (const { resource } of patches)
        expect(JSON.parse(Buffer.from(String(resource.data), 'base64').toString())).toEqual([
          { op: 'add', path: '/status', value: 'inactive' },
        ]);
      expect(errorsIn(conversion)).toEqual([]);
    },
  );

  test('of several visits keeps what belongs to each', () => {
    const second = pv1.replace('V9001', 'V9002');
    const conversion = convert(
      header('BAR^P05'),
      pid,
      pv1,
      'DG1|1||A00^Cholera^I10',
      second,
      'DG1|1||B00^Herpes^I10',
      'PR1|1||5-470^x^L||20261122',
    );
    const [first, other] = entriesOf(conversion, 'Encounter').map(({ fullUrl }) => fullUrl);
    expect(resourcesOf(conversion, 'Condition').map(({ encounter }) => encounter)).toEqual([
      { reference: first },
      { reference: other },
    ]);
    expect(resourceOf(conversion, 'Procedure').encounter).toEqual({ reference: other });
    expect(errorsIn(conversion)).toEqual([]);
  });

  test('without a visit, and with a diagnosis in front of it, loses nothing', () => {
    const none = convert(header('BAR^P12'), pid, 'DG1|1||A00^Cholera^I10', 'PR1|1||5-470^x^L||20261122');
    expect([resourcesOf(none, 'Condition').length, resourcesOf(none, 'Procedure').length]).toEqual([1, 1]);
    const before = convert(header('BAR^P12'), pid, 'DG1|1||A00^Cholera^I10', pv1);
    expect(resourceOf(before, 'Condition')).toMatchObject({ subject: expect.anything() });
  });
});
