import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedArchive {
  readonly url: string;
  /** Paths with their queries, in the order of the requests. */
  readonly asked: string[];
  /** How the next requests are answered, by their path and query. */
  behave: (path: string, query: URLSearchParams, answer: ServerResponse) => void;
  close(): Promise<void>;
}

/** An archive that answers as told. */
export async function startArchive(): Promise<ScriptedArchive> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://archive');
    archive.asked.push(request.url ?? '');
    archive.behave(pathname, searchParams, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const archive: ScriptedArchive = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    behave: (_path, _query, answer) => answer.writeHead(404).end(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return archive;
}

export function json(answer: ServerResponse, value: unknown, headers: Record<string, string> = {}): void {
  answer.writeHead(200, { 'content-type': 'application/dicom+json', ...headers }).end(JSON.stringify(value));
}

export const attributes = (values: Readonly<Record<string, readonly (string | number)[]>>) =>
  Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { vr: 'LO', Value }]));

export function multipart(answer: ServerResponse, objects: readonly Uint8Array[], boundary = 'b-1'): void {
  answer.writeHead(200, {
    'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
  });
  for (const object of objects) {
    answer.write(`\r\n--b-1\r\nContent-Type: application/dicom\r\n\r\n`);
    answer.write(object);
  }
  answer.end('\r\n--b-1--\r\n');
}
