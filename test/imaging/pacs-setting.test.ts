import { afterEach, expect, test } from '@jest/globals';
import { type DemoPatient, demoPatients } from '../../server/demo/patients.ts';
import { type RunningSandbox, startSandboxEhr } from '../../server/sandbox-ehr/start.ts';
import { command } from '../server/cli/engine-process.ts';
import { until } from '../until.ts';
import { storeStatuses, storescu } from './dcmtk.ts';
import { type RunningEngine, startEngine } from './engine.ts';
import { Orthanc } from './orthanc.ts';
import { errorsOf } from './results.ts';
import { withComponents } from './with-components.ts';

/** What an administrator writes, and nothing else: the channels are those that come with the engine. */
const ways = {
  'a DICOMweb address': ({ dicomWeb, user }: Orthanc) => [
    ...['--pacs-url', dicomWeb, '--pacs-user', user],
    ...['--pacs-password', 'env:PACS_PASSWORD'],
  ],
  'an AE title': ({ aet, port }: Orthanc) => [
    ...['--pacs-ae-title', aet, '--pacs-host', '127.0.0.1'],
    ...['--pacs-port', String(port)],
  ],
};

withComponents('the PACS as a setting', () => {
  let pacs: Orthanc | undefined;
  let ehr: RunningSandbox | undefined;
  let engine: RunningEngine | undefined;
  afterEach(async () => {
    await engine?.close();
    await Promise.all([ehr?.close(), pacs?.stop()]);
  });

  test.each(Object.entries(ways))(
    '%s is all it takes to have SR and secondary capture',
    async (_, flagsOf) => {
      pacs = await Orthanc.start();
      ehr = await startSandboxEhr({ port: 0 });
      const flags = [...flagsOf(pacs), '--ehr-fhir-url', ehr.url, '--disk-free-bytes-min', '0'];
      const environment = { PACS_PASSWORD: pacs.password, STUDY_QUIET_MS: '300' };
      engine = await startEngine({ flags: [...flags, '--log-level', 'warn'], environment });
      await pacs.addModality('bithive', { aet: 'BITHIVE', port: engine.port('dimse') });
      const [patient] = (await demoPatients()) as [DemoPatient];
      const sent = await storescu({ aet: 'BITHIVE', port: engine.port('dimse') }, [patient.file]);
      expect(storeStatuses(sent)).toEqual(['Success']);
      const { studyInstanceUid: StudyInstanceUID } = patient;
      const made = await until(async () => {
        const found = (await pacs?.find('Instance', { StudyInstanceUID })) ?? [];
        return found.length === 2 ? found : undefined;
      });
      for (const object of made) expect(await errorsOf(pacs, object)).toEqual([]);
      for (const Modality of ['SR', 'OT'])
        expect(await pacs.find('Instance', { StudyInstanceUID, Modality })).toHaveLength(1);
      expect(await statusOf(engine)).toMatchObject({
        target: expect.stringContaining('127.0.0.1'),
        open: 0,
        dead: 0,
      });

      const doctor = await command(['doctor', '--data', engine.data, ...flags], environment);
      expect(doctor.out).toContain('ok     PACS: sr, sc to ');
      expect(doctor.out).toContain('; it answers');
      await pacs.stop();
      const alone = await command(['doctor', '--data', engine.data, ...flags], environment);
      expect(alone.out).toContain('look   PACS: ');
    },
  );

  async function statusOf({ httpUrl, token }: RunningEngine): Promise<unknown> {
    const answer = await fetch(`${httpUrl}/api/status`, { headers: { authorization: `Bearer ${token}` } });
    const { channels } = (await answer.json()) as {
      channels: { name: string; destinations: { name: string }[] }[];
    };
    const channel = channels.find(({ name }) => name === 'imaging-ai');
    return channel?.destinations.find(({ name }) => name === 'pacs');
  }
});
