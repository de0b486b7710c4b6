import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { imagingOrder, registration } from '../../server/demo/his.ts';
import { type DemoPatient, demoPatients } from '../../server/demo/patients.ts';
import { deliveries } from './deliveries.ts';
import { heldObjects } from './engine-messages.ts';
import { type ImagingHospital, quietMs, startImagingHospital } from './imaging-hospital.ts';
import { awaitResults, errorsOf, objectKinds, objectsOf, oruOf, resultKinds } from './results.ts';
import { withComponents } from './with-components.ts';

withComponents('a study that comes by itself', () => {
  let hospital: ImagingHospital;
  let patients: readonly DemoPatient[];
  beforeAll(async () => {
    hospital = await startImagingHospital();
    patients = (await demoPatients()).slice(0, deliveries.length);
    const his = await hospital.his();
    for (const patient of patients) {
      expect(await his.send(registration(patient, '20261129080000+0000'))).toBe('AA');
      expect(await his.send(imagingOrder(patient, '20261129080000+0000'))).toBe('AA');
    }
    his.close();
  });
  afterAll(() => hospital?.close());

  test.each(deliveries.map((delivery, at) => ({ ...delivery, at })))('$name', async ({ send, at }) => {
    const patient = patients[at]!;
    const sinceMs = performance.now();
    await send(hospital, patient);
    const { foundMs } = await awaitResults(hospital, patient, sinceMs);
    expect([...foundMs.keys()].sort()).toEqual([...resultKinds].sort());
    expect(oruOf(hospital, patient)).toBe(1);
    for (const kind of objectKinds) {
      const objects = await objectsOf(hospital, patient, kind);
      expect(objects).toHaveLength(1);
      expect(await errorsOf(hospital.pacs, objects[0]!)).toEqual([]);
    }
  });

  test('results that the archive sends back start nothing: each study has one report', async () => {
    const results = await hospital.pacs.find('Instance', { Modality: 'SR' });
    expect(results).toHaveLength(deliveries.length);
    for (const result of results) await hospital.pacs.storeTo('bithive', result);
    const messagesBefore = await heldObjects(hospital.engine, 'kind=finding');
    await new Promise((next) => setTimeout(next, 3 * quietMs));
    expect(await heldObjects(hospital.engine, 'kind=finding')).toHaveLength(messagesBefore.length);
    expect(hospital.ris.messages).toHaveLength(deliveries.length);
    expect(await hospital.pacs.find('Instance', { Modality: 'SR' })).toHaveLength(deliveries.length);
  });
});
