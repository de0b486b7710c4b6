import type { RunningEngine } from './engine.ts';

/** A DICOM object as the engine holds it. */
export interface HeldObject {
  readonly id: number;
  readonly status: 'received' | 'processed' | 'filtered' | 'quarantined';
  readonly bodyHash?: string;
  readonly refusal?: { readonly code: string };
  readonly searchKeys: readonly { readonly name: string; readonly value: string }[];
}

const pageRows = 100;

/** What a query of the API finds, oldest first (`kind=dicom`). */
export async function heldObjects(
  engine: RunningEngine,
  query = 'kind=dicom',
): Promise<readonly HeldObject[]> {
  const found: HeldObject[] = [];
  for (let before = ''; ; ) {
    const page = await get(engine, `/api/messages?${query}&limit=${pageRows}${before}`);
    const { messages } = (await page.json()) as { messages: HeldObject[] };
    found.push(...messages);
    if (messages.length < pageRows) return found.reverse();
    before = `&before=${messages.at(-1)?.id}`;
  }
}

export async function bodyOfMessage(engine: RunningEngine, id: number): Promise<Buffer> {
  return Buffer.from(await (await get(engine, `/api/messages/${id}/body`)).arrayBuffer());
}

async function get(engine: RunningEngine, path: string): Promise<Response> {
  const answer = await fetch(`${engine.httpUrl}${path}`, {
    headers: { authorization: `Bearer ${engine.token}` },
  });
  if (answer.ok) return answer;
  throw new TypeError(`${path}: ${answer.status} ${await answer.text()}`);
}
