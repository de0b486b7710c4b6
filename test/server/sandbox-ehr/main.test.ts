import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { mrnQuery, patient } from '../../formats/fhir/samples.ts';

const main = fileURLToPath(new URL('../../../dist/server/sandbox-ehr/main.js', import.meta.url));
let child: ChildProcess | undefined;
let folder: string | undefined;
afterEach(() => {
  child?.kill('SIGKILL');
  if (folder) rmSync(folder, { recursive: true });
});

(existsSync(main) ? test : test.skip)(
  'as a process of its own: one ready line, a journal, an end on SIGTERM',
  async () => {
    folder = mkdtempSync(join(tmpdir(), 'bithive-ehr-'));
    const journal = join(folder, 'journal');
    child = spawn(process.execPath, [main, '--port', '0', '--journal', journal], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
    const { ready, url } = JSON.parse(line) as { ready: boolean; url: string };
    expect(ready).toBe(true);
    const answer = await fetch(`${url}/Patient?${mrnQuery('1')}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify(patient('1')),
    });
    expect(answer.status).toBe(201);
    const stats = (await (await fetch(`${url}/$stats`)).json()) as object;
    expect(stats).toMatchObject({ requests: 1, resources: { Patient: 1 } });
    expect(JSON.parse(readFileSync(journal, 'utf8'))).toMatchObject({
      seq: 1,
      action: 'create',
      type: 'Patient',
    });
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  },
);
