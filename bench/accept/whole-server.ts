import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../config/index.ts';
import { startEngine } from '../../server/compose.ts';
import { serveParent } from './child.ts';

/** The whole engine: accepted, mapped to FHIR, outbox written, delivered to the null destination. */
const folder = process.argv[2] as string;
const channels = join(folder, 'channels');
mkdirSync(channels);
writeFileSync(
  join(channels, 'bench.yaml'),
  [
    'channel: bench',
    'source: { hl7v2: {} }',
    'key: "PID-3.1"',
    'steps: [ { map: hl7v2-to-fhir } ]',
    'to: [ { "null": { takes: "application/fhir+json" } } ]',
    '',
  ].join('\n'),
);
const flags = [
  '--data',
  join(folder, 'data'),
  '--channels-folder',
  channels,
  '--store-writer',
  process.argv[3] as string,
  '--http-port',
  '0',
  '--hl7v2-port',
  '0',
  '--dimse-port',
  '0',
];
const { config } = loadConfig({ argv: [...flags, '--log-level', 'error'], env: {}, cwd: folder });

let delivered = 0;
const engine = await startEngine({ config, environment: {} });
engine.store.onWork((work) => {
  if (work.kind === 'settled' && work.outcome === 'delivered') delivered += 1;
});
const port = engine.listening.find(({ protocol }) => protocol === 'mllp')?.port ?? 0;
serveParent(
  port,
  () => delivered,
  () => engine.stop(),
);
