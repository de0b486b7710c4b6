import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTestGrid, type TestGrid } from './grid-fixture.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const chestFolder = `${root}/../shared/data/dicom/cxr`;
const hasShared = existsSync(chestFolder);

interface DemoFile {
  readonly file: string;
  readonly expectedProbability: number;
}
const demos = JSON.parse(await readFile(`${root}/data/demo/index.json`, 'utf8')) as DemoFile[];

let grid: TestGrid;
beforeAll(async () => {
  grid = await openTestGrid({ workers: 2 });
});
afterAll(() => grid?.close());

const find = async (path: string) => grid.find(await readFile(path));

test('there are eight demo radiographs', () => {
  expect(demos).toHaveLength(8);
});

test.each(demos)('$file gets the probability that its index names', async ({ file, expectedProbability }) => {
  const finding = await find(`${root}/data/demo/${file}`);
  if (finding.status !== 'completed') throw new Error(`${finding.code}: ${finding.reason}`);
  expect(Math.abs(finding.probability - expectedProbability)).toBeLessThanOrEqual(0.02);
  expect(finding.positive).toBe(finding.probability >= finding.threshold);
});

(hasShared ? test : test.skip)('at least 12 of the 14 real chest radiographs get a probability', async () => {
  const files = readdirSync(chestFolder).filter((name) => name.endsWith('.dcm'));
  const findings = await Promise.all(files.map((file) => find(`${chestFolder}/${file}`)));
  expect(files).toHaveLength(14);
  const completed = findings.filter((finding) => finding.status === 'completed');
  expect(completed.length).toBeGreaterThanOrEqual(12);
  for (const finding of completed) {
    expect(finding.probability).toBeGreaterThanOrEqual(0);
    expect(finding.probability).toBeLessThanOrEqual(1);
  }
});
