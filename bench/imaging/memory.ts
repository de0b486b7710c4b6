import { Agent } from 'node:http';
import type { RunningEngine } from '../../test/imaging/engine.ts';
import type { BenchRow } from '../row.ts';
import { sendLargeObject, sendStudyOf } from '../stow/load.ts';
import { nodeOf, residentBytes, startMeasured } from './engine.ts';
import { storeLargeObject } from './store-load.ts';

const megabyte = 1024 * 1024;
const largeBytes = 1024 * megabyte;
const studyInstances = 5_000;
const settleMs = 2_000;
const quietMs = 2_000;

const assembling = `
channel: images
source: { dicomweb: {} }
key: StudyInstanceUID
steps:
  - assemble: { quietMs: ${quietMs}, forcedMs: 5400000 }
  - route: [ { model: cxr-pneumonia-28, when: "Modality in {CR, DX}" } ]
to: [ { "null": {} } ]
`;

/** How much the engine grows above what it has when it is idle. The peer of a limit is the limit itself. */
export async function memoryRows(): Promise<readonly BenchRow[]> {
  const large = await growth('', (engine) =>
    sendLargeObject(engine.port('http'), largeBytes, { authorization: `Bearer ${engine.token}` }),
  );
  const stored = await growth('', (engine) => storeLargeObject(nodeOf(engine), largeBytes));
  const study = await growth(assembling, async (engine) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const target = { authorization: `Bearer ${engine.token}` };
    await sendStudyOf(studyInstances, engine.port('http'), agent, target);
    agent.destroy();
    await drained(engine);
    await new Promise((next) => setTimeout(next, 2 * quietMs));
    await drained(engine);
  });
  return [
    row('RSS above idle, one object of 1 GB by STOW-RS', large),
    row('RSS above idle, one object of 1 GB by C-STORE', stored),
    row(`RSS above idle, a study of ${studyInstances} instances by STOW-RS, assembled`, study),
  ];
}

async function growth(channel: string, use: (engine: RunningEngine) => Promise<void>): Promise<number> {
  const engine = channel === '' ? await startMeasured() : await startMeasured(channel);
  try {
    await new Promise((next) => setTimeout(next, settleMs));
    const pid = engine.process.pid ?? 0;
    const idle = residentBytes(pid).now;
    await use(engine);
    return (residentBytes(pid).most - idle) / megabyte;
  } finally {
    await engine.close();
  }
}

async function drained({ api }: RunningEngine): Promise<void> {
  while ((await api.openWork()) > 0) await new Promise((next) => setTimeout(next, 200));
}

const limitMb = 200;
const row = (name: string, value: number): BenchRow => ({
  name,
  value,
  unit: 'MB',
  peer: 'limit',
  peerValue: limitMb,
  ratio: value / limitMb,
  target: '< 200 MB',
});
