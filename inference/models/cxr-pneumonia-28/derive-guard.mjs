// Prints `guard.template.values` of manifest.json: the mean of the eight demo radiographs (CC0) and their mirror images as the model sees
// them, to three digits. Run it from the repository after `npm run build`:
//   node inference/models/cxr-pneumonia-28/derive-guard.mjs
import { readFileSync } from 'node:fs';
import { decodeFrame, readDataset } from '../../../dist/formats/dicom/index.js';
import { preprocess } from '../../../dist/inference/preprocess/preprocess.js';

const manifest = JSON.parse(readFileSync(new URL('./manifest.json', import.meta.url), 'utf8'));
const side = 28;
const sum = new Float64Array(side * side);
for (let nth = 1; nth <= 8; nth += 1) {
  const file = new URL(`../../../data/demo/cxr/demo-cxr-${nth}.dcm`, import.meta.url);
  const dataset = readDataset(readFileSync(file));
  const { input } = preprocess(dataset, await decodeFrame(dataset), manifest.preprocess);
  for (let row = 0; row < side; row += 1)
    for (let column = 0; column < side; column += 1) {
      const at = row * side + column;
      sum[at] += input.values[at] + input.values[row * side + side - 1 - column];
    }
}
process.stdout.write(`${JSON.stringify([...sum].map((value) => Number((value / 16).toFixed(3))))}\n`);
