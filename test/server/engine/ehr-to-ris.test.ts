import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createMllpSource } from '../../../connectors/hl7v2/index.ts';
import { messageId } from '../../../core/ids.ts';
import { type Source, silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import { type Hl7Message, parseMessage } from '../../../formats/hl7v2/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { systemRandom } from '../../../platform/random.ts';
import { type Engine, startEngine } from '../../../server/compose.ts';
import { until } from '../../until.ts';
import { dicomwebClient, type Hospital, startHospital } from './hospital.ts';

let hospital: Hospital | undefined;
let receiver: Source | undefined;
let restarted: Engine | undefined;
afterEach(async () => {
  await restarted?.stop();
  await hospital?.close();
  await receiver?.stop(100);
  hospital = undefined;
  restarted = undefined;
  receiver = undefined;
});

/** A system that takes HL7 v2 by MLLP and keeps what came. */
async function startReceiver(received: Hl7Message[]): Promise<number> {
  receiver = createMllpSource({
    name: 'ris',
    host: '127.0.0.1',
    port: 0,
    ack: 'stored',
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    metrics: silentMetrics,
  });
  const { port } = await receiver.start(async ({ body }) => {
    received.push(parseMessage(body.kind === 'inline' ? body.bytes : new Uint8Array(0)));
    return { kind: 'accepted', id: messageId(received.length), duplicate: false };
  });
  return port;
}

const put = (url: string, resource: { readonly resourceType: string; readonly id: string }) =>
  fetch(`${url}/${resource.resourceType}/${resource.id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify(resource),
  });

const typed = (code: string, value: string) => ({
  type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }] },
  system: 'urn:oid:1.2.3',
  value,
});
const loinc = (code: string, display: string) => ({
  coding: [{ system: 'http://loinc.org', code, display }],
});
const report = (id: string, status: string) => ({
  resourceType: 'DiagnosticReport',
  id,
  identifier: [typed('FILL', `F-${id}`)],
  status,
  code: loinc('24323-8', 'CMP'),
  subject: { reference: 'Patient/p1' },
  basedOn: [{ reference: 'ServiceRequest/s1' }],
  result: [{ reference: 'Observation/o1' }],
});

async function fill(url: string): Promise<void> {
  await put(url, {
    resourceType: 'Patient',
    id: 'p1',
    identifier: [typed('MR', '123')],
    name: [{ family: 'Doe' }],
  } as never);
  await put(url, {
    resourceType: 'ServiceRequest',
    id: 's1',
    identifier: [typed('PLAC', 'P1')],
    status: 'active',
    intent: 'order',
    subject: { reference: 'Patient/p1' },
  } as never);
  await put(url, {
    resourceType: 'Observation',
    id: 'o1',
    status: 'final',
    code: loinc('89579-7', 'Troponin I'),
    subject: { reference: 'Patient/p1' },
    valueQuantity: {
      value: 5,
      comparator: '<',
      unit: 'ng/L',
      system: 'http://unitsofmeasure.org',
      code: 'ng/L',
    },
  } as never);
}

const channel = (port: number) => `
channel: ehr-reports
source: { fhir-poll: { url: "\${EHR_FHIR_URL}", types: [DiagnosticReport], everyMs: 100, pageSize: 2 } }
steps:
  - map: { map: fhir-to-hl7v2, sendingFacility: HOSP, receivingApplication: RIS }
to:
  - hl7v2: { name: ris, host: 127.0.0.1, port: ${port} }
`;

const told = (received: readonly Hl7Message[]) =>
  received.map((message) => [message.get('OBR-3.1'), message.get('OBR-25')].join(' '));

describe('a FHIR server’s changes leave as HL7 v2', () => {
  test('each version of a report once, whole; also what changed while the engine was down', async () => {
    const received: Hl7Message[] = [];
    const port = await startReceiver(received);
    hospital = await startHospital({ channels: { 'ehr-reports.yaml': channel(port) } });
    const { url } = hospital.ehr;
    await fill(url);
    for (const id of ['r1', 'r2', 'r3']) expect((await put(url, report(id, 'preliminary'))).ok).toBe(true);
    await until(() => received.length === 3);
    expect(told(received)).toEqual(['F-r1 P', 'F-r2 P', 'F-r3 P']);
    expect(received[0]?.get('MSH-9')).toBe('ORU^R01^ORU_R01');
    expect(received[0]?.get('PID-3.1')).toBe('123');
    expect(received[0]?.get('OBR-2.1')).toBe('P1');
    expect([received[0]?.get('OBX-2'), received[0]?.get('OBX-5')]).toEqual(['SN', '<^5']);

    await put(url, report('r2', 'final'));
    await put(url, report('r2', 'corrected'));
    await until(() => told(received).includes('F-r2 C'));

    await hospital.engine.stop();
    await put(url, report('r3', 'final'));
    const engine = await startEngine(hospital.again);
    restarted = engine;
    await until(() => told(received).includes('F-r3 F'));
    await put(url, report('r1', 'final'));
    await until(() => told(received).includes('F-r1 F'));
    // A version that was overwritten before it was asked for may be missing; none comes twice.
    const all = told(received);
    expect(new Set(all).size).toBe(all.length);
    const [{ report: kept } = {}] = await Promise.all(
      (await engine.store.listMessages({ channel: 'ehr-reports', type: 'DiagnosticReport', limit: 1 })).map(
        ({ id }) => engine.store.lineage(id),
      ),
    );
    expect(kept?.outbound).toEqual([expect.objectContaining({ type: 'ORU^R01', of: 'DiagnosticReport/r1' })]);
  });

  test('what a model found leaves as ORU^R01 beside the FHIR report', async () => {
    const received: Hl7Message[] = [];
    const port = await startReceiver(received);
    const text = `
channel: imaging-ai
source: { dicomweb: {} }
key: StudyInstanceUID
steps:
  - assemble: { quietMs: 200, forcedMs: 5400000 }
  - route: [{ model: cxr-pneumonia-28, when: "Modality in {CR, DX}" }]
  - report: finding-to-fhir
  - map: fhir-to-hl7v2
to:
  - grid: {}
  - fhir: { name: ehr, url: "\${EHR_FHIR_URL}" }
  - hl7v2: { name: ris, host: 127.0.0.1, port: ${port} }
`;
    hospital = await startHospital({ channels: { 'imaging-ai.yaml': text } });
    const folder = join(import.meta.dirname, '../../../data/demo');
    const [first] = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as {
      file: string;
      expectedProbability: number;
    }[];
    const dataset = Uint8Array.from(readFileSync(join(folder, first!.file))).buffer;
    await dicomwebClient(hospital).storeInstances({ datasets: [dataset] });
    const message = await until(() => received[0]);
    expect(message.get('MSH-9')).toBe('ORU^R01^ORU_R01');
    expect(message.get('OBR-25')).toBe('P');
    expect(Math.abs(Number(message.get('OBX-5')) - first!.expectedProbability)).toBeLessThan(0.02);
    expect(await until(async () => (await hospital?.search('DiagnosticReport'))?.[0])).toMatchObject({
      status: 'preliminary',
    });
  });
});
