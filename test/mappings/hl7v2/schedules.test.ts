import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import { convert, entriesOf, header, resourceOf, resourcesOf } from '../site.ts';

const pid = 'PID|1||1001^^^HOSP^MR||Muster^Max';

/** A SCH with some of its fields: reason of the event, length, unit, timing, status, orders. */
const sch = (fields: { [field: number]: string }): string => {
  const all = { 1: 'P10^HIS', 2: 'F10^RIS', 11: '^^^20261124090000^20261124093000', 25: 'Booked', ...fields };
  return `SCH|${Array.from({ length: 27 }, (_, at) => all[(at + 1) as keyof typeof all] ?? '').join('|')}`;
};

const schedule = (event: string, ...segments: readonly string[]) =>
  convert(header(`SIU^${event}^SIU_S12`), ...segments);

const appointmentOf = (event: string, ...segments: readonly string[]) => {
  const conversion = schedule(event, ...segments);
  expect(validate(conversion.bundle).filter(({ severity }) => severity === 'error')).toEqual([]);
  return resourceOf(conversion, 'Appointment');
};

describe('a schedule', () => {
  test('becomes an Appointment of its patient, under the number of the filler', () => {
    const conversion = schedule('S12', sch({ 8: 'Normal' }), pid, 'RGS|1', 'AIS|1|A|CT1^CT thorax^L');
    const [entry] = entriesOf(conversion, 'Appointment');
    expect(entry?.request.url).toMatch(/%7CF10$/);
    expect(entry?.resource).toMatchObject({
      status: 'booked',
      start: '2026-11-24T09:00:00+01:00',
      end: '2026-11-24T09:30:00+01:00',
      serviceType: [{ coding: [{ code: 'CT1' }] }],
      appointmentType: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0277', code: 'Normal' }],
      },
      participant: [
        { actor: { reference: entriesOf(conversion, 'Patient')[0]?.fullUrl }, status: 'accepted' },
      ],
    });
    expect(conversion.residue).toEqual([]);
  });

  test.each([
    ['S12', 'Booked', 'booked'],
    ['S12', 'PENDING', 'pending'],
    ['S14', 'Complete', 'fulfilled'],
    ['S12', '', 'booked'],
    ['S15', 'Booked', 'cancelled'],
    ['S16', '', 'cancelled'],
    ['S17', 'Booked', 'entered-in-error'],
    ['S26', 'Booked', 'noshow'],
  ])('%s with the status %j is %s', (event, sent, status) => {
    expect(appointmentOf(event, sch({ 25: sent }), pid).status).toBe(status);
  });

  test('an unknown status leaves one that is known, and says so', () => {
    const conversion = schedule('S12', sch({ 25: 'Vorgemerkt' }), pid);
    expect(resourceOf(conversion, 'Appointment').status).toBe('booked');
    expect(conversion.issues).toContainEqual(
      expect.objectContaining({ code: 'code-invalid', path: 'SCH-25' }),
    );
  });

  test('a cancellation keeps its reason', () => {
    expect(appointmentOf('S15', sch({ 6: 'SICK^patient is ill' }), pid).cancelationReason).toMatchObject({
      coding: [{ code: 'SICK' }],
    });
  });

  test('each person, place and device keeps its own role, time and answer', () => {
    const conversion = schedule(
      'S12',
      sch({}),
      pid,
      'RGS|1',
      'AIP|1|A|123^Arzt^Achim|ATND^attender||20261124091500|||10|min||Pending',
      'AIP|2|A|124^Zweit^Zoe|CON^consultant',
      'AIP|3|D|125^Weg^Willi',
      'AIL|1|A|RAD^3^^HOSP||||5|min|20|min',
      'AIG|1|A|CT2^Scanner 2^L|DEV^device',
    );
    const appointment = resourceOf(conversion, 'Appointment');
    expect(appointment.participant).toMatchObject([
      {
        type: [{ coding: [{ code: 'ATND' }] }],
        period: { start: '2026-11-24T09:15:00+01:00', end: '2026-11-24T09:25:00+01:00' },
        status: 'needs-action',
      },
      { type: [{ coding: [{ code: 'CON' }] }], status: 'accepted' },
      { period: { start: '2026-11-24T09:05:00+01:00', end: '2026-11-24T09:25:00+01:00' } },
      {
        actor: { identifier: { value: 'CT2' }, display: 'Scanner 2' },
        type: [{ coding: [{ code: 'DEV' }] }],
      },
      { status: 'accepted' },
    ]);
    expect(resourcesOf(conversion, 'Practitioner').map(({ name }) => name)).not.toContainEqual([
      expect.objectContaining({ family: 'Weg' }),
    ]);
  });

  test('start and length give the end', () => {
    const appointment = appointmentOf('S12', sch({ 9: '45', 10: 'MIN', 11: '^^^20261124233000' }), pid);
    expect(appointment).toMatchObject({
      start: '2026-11-24T23:30:00+01:00',
      end: '2026-11-25T00:15:00+01:00',
      minutesDuration: 45,
    });
  });

  test('the start and end of a resource stand in where SCH has none', () => {
    const appointment = appointmentOf('S12', sch({ 11: '' }), pid, 'RGS|1', 'AIS|1|A|X|20261124090000|||1|h');
    expect(appointment).toMatchObject({
      start: '2026-11-24T09:00:00+01:00',
      end: '2026-11-24T10:00:00+01:00',
    });
  });

  test('a length without a unit is not guessed: HL7 says seconds, senders mean minutes', () => {
    const conversion = schedule('S12', sch({ 9: '30', 11: '^^^20261124090000' }), pid);
    const appointment = resourceOf(conversion, 'Appointment');
    expect(appointment).not.toHaveProperty('minutesDuration');
    expect(appointment).not.toHaveProperty('end');
    expect(appointment).toHaveProperty('_end');
    expect(conversion.issues).toContainEqual(expect.objectContaining({ path: 'SCH-9', code: 'value' }));
    expect(conversion.residue).toContainEqual({ path: 'SCH-9', value: '30' });
    expect(validate(conversion.bundle)).toEqual([]);
  });

  test('all notes are one comment', () => {
    const notes = ['NTE|1||bring films', 'NTE|2||nil by mouth~from midnight'];
    expect(appointmentOf('S12', sch({}), ...notes, pid, 'RGS|1', 'AIS|1', 'NTE|1||lead apron').comment).toBe(
      'bring films\nnil by mouth\nfrom midnight\nlead apron',
    );
  });

  test('orders are named by number, and none is made up', () => {
    const conversion = schedule('S12', sch({ 26: 'PO1^HIS~PO2^HIS', 27: 'FO1^RIS' }), pid);
    expect(resourceOf(conversion, 'Appointment').basedOn).toMatchObject([
      { type: 'ServiceRequest', identifier: { value: 'PO1' } },
      { type: 'ServiceRequest', identifier: { value: 'PO2' } },
      { type: 'ServiceRequest', identifier: { value: 'FO1' } },
    ]);
    expect(resourcesOf(conversion, 'ServiceRequest')).toEqual([]);
  });

  test('of several patients has them all; each has their own visit', () => {
    const conversion = schedule(
      'S12',
      sch({}),
      pid,
      'PV1|1|O|||||||||||||||||V1^^^HOSP-VN',
      'PID|2||1002^^^HOSP^MR',
      'PV1|2|O|||||||||||||||||V2^^^HOSP-VN',
    );
    const [one, two] = entriesOf(conversion, 'Patient').map(({ fullUrl }) => fullUrl);
    expect(resourceOf(conversion, 'Appointment').participant).toMatchObject([
      { actor: { reference: one } },
      { actor: { reference: two } },
    ]);
    expect(resourcesOf(conversion, 'Encounter').map(({ subject }) => subject)).toEqual([
      { reference: one },
      { reference: two },
    ]);
  });

  test('of nobody and nothing is still valid', () => {
    expect(appointmentOf('S12', 'SCH|')).toMatchObject({
      status: 'booked',
      participant: [{ status: 'needs-action' }],
      _start: expect.anything(),
    });
  });
});

describe('time that is blocked (S23) or opened again (S24)', () => {
  const block = sch({ 7: 'LEAVE^on leave' });
  const aip = 'AIP|1|A|123^Arzt^Achim|ATND';
  const slotsOf = (event: string, ...segments: readonly string[]) => {
    const conversion = schedule(event, ...segments);
    expect(validate(conversion.bundle).filter(({ severity }) => severity === 'error')).toEqual([]);
    return entriesOf(conversion, 'Slot');
  };

  test('is a Slot of the Schedule of each person and place, which S24 frees', () => {
    const segments = [block, 'RGS|1', 'AIL|1|A|3N^1', aip];
    const blocked = slotsOf('S23', ...segments);
    const opened = slotsOf('S24', ...segments);
    expect(blocked.map(({ resource }) => resource.status)).toEqual(['busy-unavailable', 'busy-unavailable']);
    expect(opened.map(({ resource }) => resource.status)).toEqual(['free', 'free']);
    expect(opened.map(({ fullUrl }) => fullUrl)).toEqual(blocked.map(({ fullUrl }) => fullUrl));
    expect(blocked[0]?.resource).toMatchObject({
      start: '2026-11-24T09:00:00+01:00',
      end: '2026-11-24T09:30:00+01:00',
      comment: 'on leave',
    });
    const schedules = resourcesOf(schedule('S23', ...segments), 'Schedule');
    expect(schedules).toHaveLength(2);
    for (const { actor } of schedules)
      expect(actor).toEqual([{ reference: expect.stringMatching(/^urn:uuid:/) }]);
  });

  test('of nobody is of the schedule that it names', () => {
    const conversion = schedule('S23', sch({ 5: 'MRT1^Scanner' }));
    expect(resourceOf(conversion, 'Schedule').actor).toMatchObject([{ display: 'Scanner' }]);
    expect(resourceOf(conversion, 'Slot').schedule).toEqual({
      reference: entriesOf(conversion, 'Schedule')[0]?.fullUrl,
    });
  });

  test("is nobody's appointment", () => {
    expect(resourcesOf(schedule('S23', block, 'RGS|1', aip), 'Appointment')).toEqual([]);
  });
});
