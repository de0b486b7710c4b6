import { spawnSync } from 'node:child_process';

/** Programs of other makers that read what we write. Where one is missing, its tests are skipped by name. */
const has = (program: string, args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).error === undefined;

export const hasDcmdump = has('dcmdump', ['--version']);
export const hasDciodvfy = has('dciodvfy', ['-help']);
/** The first Python that has pydicom: Debian's package is for the system's own. */
export const pythonWithPydicom = ['/usr/bin/python3', 'python3'].find(
  (python) => spawnSync(python, ['-c', 'import pydicom'], { stdio: 'ignore' }).status === 0,
);

export interface ProgramAnswer {
  readonly status: number | null;
  readonly text: string;
}

export function run(program: string, args: readonly string[]): ProgramAnswer {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, text: `${stdout}${stderr}` };
}

/** Lines in which `dciodvfy` calls something an error. */
export function dciodvfyErrors(file: string): readonly string[] {
  return run('dciodvfy', ['-new', file])
    .text.split('\n')
    .filter((line) => line.startsWith('Error'));
}
