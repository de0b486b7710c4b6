import { execFile } from 'node:child_process';

export interface ToolResult {
  readonly code: number;
  /** Standard output and standard error, in this order. */
  readonly text: string;
}

const textBytesMax = 64 * 1024 * 1024;
const toolMsMax = 300_000;

/** Runs a program of dcmtk or dicom3tools. dcmtk leaves Nagle's algorithm on unless it is told. */
export function runTool(program: string, words: readonly string[]): Promise<ToolResult> {
  const env = { PATH: process.env.PATH, TCP_NODELAY: '1' };
  return new Promise((resolve) => {
    execFile(
      program,
      [...words],
      { env, maxBuffer: textBytesMax, timeout: toolMsMax, encoding: 'latin1' },
      (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, text: `${out}${err}` });
      },
    );
  });
}

export interface Peer {
  readonly port: number;
  readonly aet: string;
}

const anyAet = 'STORESCU';

export const echoscu = ({ port, aet }: Peer): Promise<ToolResult> =>
  runTool('echoscu', ['-v', '-aet', anyAet, '-aec', aet, '127.0.0.1', String(port)]);

/**
 * Sends files as they are: `-R` proposes what the files need and nothing else, one transfer syntax for each. `callingAet` is whom the
 * receiver takes it for.
 */
export const storescu = (
  { port, aet }: Peer,
  files: readonly string[],
  options: { readonly callingAet?: string; readonly words?: readonly string[] } = {},
): Promise<ToolResult> =>
  runTool('storescu', [
    '-v',
    '-aet',
    options.callingAet ?? anyAet,
    '-aec',
    aet,
    ...(options.words ?? []),
    '127.0.0.1',
    String(port),
    ...files,
  ]);

/** The statuses that the receiver gave, in order of the files: `Success`, `Error: OutOfResources` ... as storescu names them. */
export const storeStatuses = ({ text }: ToolResult): readonly string[] =>
  [...text.matchAll(/Received Store Response \((.*)\)/g)].map((match) => match[1] as string);

export interface Verdict {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** What dciodvfy has to say of an object. */
export async function dciodvfy(file: string): Promise<Verdict> {
  const { text } = await runTool('dciodvfy', [file]);
  const lines = text.split('\n');
  return {
    errors: lines.filter((line) => line.startsWith('Error')),
    warnings: lines.filter((line) => line.startsWith('Warning')),
  };
}

export const dcmdump = async (file: string): Promise<string> => (await runTool('dcmdump', [file])).text;
