import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundledChannels } from '../../server/compose/channel-files.ts';
import { EhrReader } from '../../server/demo/ehr-reader.ts';
import { DemoHis } from '../../server/demo/his.ts';
import { type RunningSandbox, startSandboxEhr } from '../../server/sandbox-ehr/start.ts';
import { type Ris, startRis } from '../server/engine/ris.ts';
import type { Peer } from './dcmtk.ts';
import { type RunningEngine, startEngine } from './engine.ts';
import { Orthanc } from './orthanc.ts';

/**
 * What a PACS administrator writes: what comes to the archive by C-STORE, from whomever, goes to the engine. The results that the engine
 * sends back come by C-STORE too, so they are sent to the engine once more, as in real archives: it must know its own.
 */
const autoRoute = `
function OnStoredInstance(instanceId, tags, metadata, origin)
  if origin['RequestOrigin'] == 'DicomProtocol' then
    SendToModality(instanceId, 'bithive')
  end
end
`;

/** The channels as they come with the engine: the PACS is a setting. The RIS, which the engine cannot know, is two lines more. */
const bundled = (name: string) => readFileSync(join(bundledChannels, name), 'utf8');
const withRis = (channel: string, port: number) =>
  channel.replace(
    '\nto:\n',
    `\n  - map: fhir-to-hl7v2\nto:\n  - hl7v2: { name: ris, host: 127.0.0.1, port: ${port} }\n`,
  );

/** A study is complete when nothing came for so long. */
export const quietMs = 1_000;

/** PACS (Orthanc), EHR, RIS and the engine between them, each behind real sockets. */
export interface ImagingHospital {
  readonly pacs: Orthanc;
  readonly ehr: RunningSandbox;
  readonly reports: EhrReader;
  readonly ris: Ris;
  readonly engine: RunningEngine;
  /** The engine as a DICOM node. */
  readonly node: Peer;
  his(): Promise<DemoHis>;
  close(): Promise<void>;
}

export async function startImagingHospital(): Promise<ImagingHospital> {
  const pacs = await Orthanc.start({ lua: autoRoute });
  const ehr = await startSandboxEhr({ port: 0 });
  const ris = await startRis();
  const engine = await startEngine({
    channels: {
      'adt-orders.yaml': bundled('adt-orders.yaml'),
      'imaging-ai.yaml': withRis(bundled('imaging-ai.yaml'), ris.port),
    },
    site: {
      pacs: {
        url: pacs.dicomWeb,
        user: pacs.user,
        password: 'env:PACS_PASSWORD',
        results: ['sr', 'sc', 'pdf'],
      },
    },
    flags: ['--ehr-fhir-url', ehr.url, '--log-level', 'warn'],
    environment: { PACS_PASSWORD: pacs.password, STUDY_QUIET_MS: String(quietMs) },
  });
  const node = { aet: 'BITHIVE', port: engine.port('dimse') };
  await pacs.addModality('bithive', node);
  await pacs.addDicomWebServer('bithive', `${engine.httpUrl}/dicomweb`, engine.token);
  return {
    pacs,
    ehr,
    reports: new EhrReader(ehr.url),
    ris,
    engine,
    node,
    his: () => DemoHis.connect('127.0.0.1', engine.port('mllp')),
    async close() {
      await engine.close();
      await Promise.all([ris.stop(), ehr.close(), pacs.stop()]);
    },
  };
}
