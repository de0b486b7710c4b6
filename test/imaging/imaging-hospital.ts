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

const orders = `
channel: adt-orders
source: { hl7v2: {} }
key: "PID-3.1"
steps:
  - map: hl7v2-to-fhir
to:
  - fhir: { name: ehr, url: "\${EHR_FHIR_URL}" }
`;

const imaging = (risPort: number, pacs: Orthanc) => `
channel: imaging-ai
source: { dicomweb: {}, dimse: {} }
key: StudyInstanceUID
steps:
  - assemble: { quietMs: ${quietMs}, forcedMs: 60000 }
  - route:
      - { model: cxr-pneumonia-28, when: "Modality in {CR, DX}" }
  - report: finding-to-fhir
  - report: { map: finding-to-dicom, make: [sr, sc, pdf] }
  - map: fhir-to-hl7v2
to:
  - grid: {}
  - fhir: { name: ehr, url: "\${EHR_FHIR_URL}" }
  - hl7v2: { name: ris, host: 127.0.0.1, port: ${risPort} }
  - stow: { name: pacs, url: "${pacs.dicomWeb}", auth: { kind: basic, user: ${pacs.user}, password: "env:PACS_PASSWORD" } }
`;

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
    channels: { 'orders.yaml': orders, 'imaging.yaml': imaging(ris.port, pacs) },
    flags: ['--ehr-fhir-url', ehr.url, '--log-level', 'warn'],
    environment: { PACS_PASSWORD: pacs.password },
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
