import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** `npm run test:faults -- [names]`: each program in a process of its own, so that one that fails takes nothing with it. */
const programs = ['full-disk', 'failing-sync', 'backup-under-load'];
const asked = process.argv.slice(2).filter((word) => programs.includes(word));
const rest = process.argv.slice(2).filter((word) => !programs.includes(word));
const failed: string[] = [];
for (const name of asked.length > 0 ? asked : programs) {
  const path = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const { status } = spawnSync(process.execPath, [path, ...rest], { stdio: 'inherit' });
  if (status !== 0) failed.push(name);
}
process.stdout.write(failed.length === 0 ? 'all passed or skipped\n' : `failed: ${failed.join(', ')}\n`);
process.exit(failed.length === 0 ? 0 : 1);
