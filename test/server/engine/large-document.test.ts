import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { framed } from '../../connectors/hl7v2/listener.ts';
import { until } from '../../until.ts';
import { type Hospital, startHospital } from './hospital.ts';

let hospital: Hospital | undefined;
afterEach(async () => {
  await hospital?.close();
  hospital = undefined;
});

const document = Buffer.alloc(3_000_000, 'a document of the hospital ');
const message = (data: string): string =>
  [
    'MSH|^~\\&|LAB|H|EHR|H|20261122080000+0000||MDM^T02^MDM_T02|D1|P|2.5.1',
    'EVN|T02|20261122080000+0000',
    'PID|1||77^^^H^MR||Doe^Jane',
    'PV1|1|O|||||||||||||||||V1',
    'TXA|1|CN|PDF|20261122080000+0000|||||||DOC1^H|||||AU',
    `OBX|1|ED|18842-5^Note^LN|1|LAB^application^pdf^Base64^${data}||||||F`,
    '',
  ].join('\r');

async function send(bytes: Uint8Array): Promise<string> {
  const { port } = hospital!.engine.listening.find(({ protocol }) => protocol === 'mllp')!;
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(bytes));
    socket.once('data', (chunk: Buffer) => socket.end(() => resolve(chunk.toString())));
  });
}

interface Found {
  readonly content: readonly { attachment: { url?: string; size?: number; hash?: string; data?: string } }[];
}

test('a large document becomes a Binary of its own, before the DocumentReference that names it; HL7 receivers get the message as it came', async () => {
  const out = await mkdtemp(join(tmpdir(), 'bithive-documents-'));
  hospital = await startHospital({
    channels: {
      'a.yaml': `
channel: documents
source: { hl7v2: {} }
key: PID-3.1
steps: [{ map: hl7v2-to-fhir }]
to:
  - fhir: { url: "\${EHR_FHIR_URL}" }
  - files: { folder: ${out} }
`,
    },
  });
  const text = message(document.toString('base64'));
  expect(await send(framed(text))).toContain('MSA|AA|D1');
  const [reference] = await until(async () => {
    const found = (await hospital!.search('DocumentReference')) as unknown as Found[];
    return found.length > 0 && found;
  });
  const { attachment } = reference!.content[0]!;
  expect(attachment).toMatchObject({
    contentType: 'application/pdf',
    size: document.length,
    hash: createHash('sha1').update(document).digest('base64'),
    url: expect.stringMatching(/^Binary\/[0-9a-f-]{36}$/),
  });
  expect(attachment.data).toBeUndefined();
  const binary = (await (await fetch(`${hospital.ehr.url}/${attachment.url}`)).json()) as { data: string };
  expect(Buffer.from(binary.data, 'base64').equals(document)).toBe(true);
  const [name] = await until(async () => {
    const names = (await readdir(out)).filter((one) => one.endsWith('.hl7'));
    return names.length > 0 && names;
  });
  expect((await readFile(join(out, name!))).toString() === text).toBe(true);
  await rm(out, { recursive: true });
});

test('data that is not base64 costs no message: it is mapped whole', async () => {
  hospital = await startHospital();
  expect(await send(framed(message('*'.repeat(600_000))))).toContain('MSA|AA|D1');
  await until(
    async () =>
      (await hospital!.engine.store.searchMessages({ kind: 'hl7v2', limit: 1 }))[0]?.status !== 'received',
  );
  const [stored] = await hospital.engine.store.searchMessages({ kind: 'hl7v2', limit: 1 });
  expect(stored?.status).not.toBe('quarantined');
});
