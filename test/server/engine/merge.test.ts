import { afterEach, expect, test } from '@jest/globals';
import { until } from '../../until.ts';
import { type EhrResource, type Hospital, startHospital } from './hospital.ts';

const time = '20261122080000+0000';
const header = (type: string, id: string) =>
  `MSH|^~\\&|HIS|DEMOHOSP|BITHIVE|DEMOHOSP|${time}||${type}|${id}|P|2.5.1||||||UNICODE UTF-8`;
const text = (...segments: string[]) => `${segments.join('\r')}\r`;

const registration = (mrn: string, id: string) =>
  text(
    header('ADT^A04^ADT_A01', id),
    `EVN|A04|${time}`,
    `PID|1||${mrn}^^^DEMOHOSP^MR||Muster^Max^Karl||19640229|M|||Weg 1^^Bern^^3000^CH||+41 31 000 00 00`,
  );
const merge = (survivor: string, prior: string, id: string) =>
  text(
    header('ADT^A40^ADT_A39', id),
    `EVN|A40|${time}`,
    `PID|1||${survivor}^^^DEMOHOSP^MR||Muster^Max||19640229|M`,
    `MRG|${prior}^^^DEMOHOSP^MR||||||Muster^M`,
  );

interface EhrPatient extends EhrResource {
  readonly birthDate?: string;
  readonly address?: readonly { readonly city?: string }[];
  readonly identifier?: readonly { readonly value?: string }[];
  readonly link?: readonly {
    readonly type: string;
    readonly other: { readonly reference?: string; readonly identifier?: { readonly value: string } };
  }[];
}

let hospital: Hospital | undefined;
afterEach(async () => {
  await hospital?.close();
  hospital = undefined;
});

const patient = async ({ search }: Hospital, mrn: string) =>
  (await search(`Patient?identifier=${mrn}`))[0] as EhrPatient | undefined;

async function send(running: Hospital, ...messages: string[]): Promise<void> {
  const his = await running.his();
  for (const message of messages) expect(await his.send(message)).toBe('AA');
  his.close();
}

/** Every delivery to the EHR has ended. */
const settled = ({ engine }: Hospital) =>
  until(async () => {
    const deliveries = await engine.store.searchDeliveries({ channel: 'adt-orders', limit: 50 });
    return deliveries.length > 0 && deliveries.every(({ settledAtMs }) => settledAtMs !== undefined)
      ? deliveries
      : undefined;
  });

test('a merge leaves the old patient what the EHR knows of them: only active and link change', async () => {
  hospital = await startHospital();
  const running = hospital;
  await send(running, registration('OLD1', 'M1'), registration('NEW1', 'M2'));
  await until(async () => (await running.search('Patient')).length === 2);
  const before = await patient(running, 'OLD1');
  await send(running, merge('NEW1', 'OLD1', 'M3'));
  const prior = await until(async () => {
    const found = await patient(running, 'OLD1');
    return found?.active === false ? found : undefined;
  });
  const survivor = await patient(running, 'NEW1');
  expect(before).toMatchObject({ birthDate: '1964-02-29', address: [{ city: 'Bern' }] });
  expect(prior).toEqual({
    ...before,
    meta: expect.anything(),
    active: false,
    link: [{ type: 'replaced-by', other: expect.objectContaining({ type: 'Patient' }) }],
  });
  expect(prior.link?.[0]?.other.identifier?.value).toBe('NEW1');
  expect(survivor?.link).toEqual([{ type: 'replaces', other: { reference: `Patient/${prior.id}` } }]);

  await send(running, merge('NEW1', 'OLD1', 'M4'));
  expect((await settled(running)).map(({ state }) => state)).not.toContain('dead');
  expect(await running.search('Patient')).toHaveLength(2);
  expect(await patient(running, 'OLD1')).toEqual({ ...prior, meta: expect.anything() });
}, 60_000);

test('a merge of a patient that the EHR never saw makes one, not active and linked', async () => {
  hospital = await startHospital();
  const running = hospital;
  await send(running, merge('NEW1', 'OLD1', 'M1'));
  const prior = await until(() => patient(running, 'OLD1'));
  expect((await settled(running)).map(({ state }) => state)).toEqual(['delivered', 'delivered']);
  expect(prior).toMatchObject({ active: false, name: [{ family: 'Muster', given: ['M'] }] });
  expect((await patient(running, 'NEW1'))?.link?.[0]?.other.reference).toBe(`Patient/${prior.id}`);
}, 60_000);
