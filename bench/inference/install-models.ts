import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundledModelsFolder } from '../../inference/index.ts';
import { convolutionModel } from '../../test/inference/onnx-models.ts';

const bundled = 'cxr-pneumonia-28';

/** A folder with the bundled model and `bench-large`, a generated network of about 70 ms under the same manifest. */
export async function installBenchModels(folder: string): Promise<string> {
  await cp(join(bundledModelsFolder(), bundled), join(folder, bundled), { recursive: true });
  const manifest = JSON.parse(await readFile(join(folder, bundled, 'manifest.json'), 'utf8')) as object;
  const onnx = convolutionModel(10, 256);
  const sha256 = createHash('sha256').update(onnx).digest('hex');
  await mkdir(join(folder, 'bench-large'), { recursive: true });
  await writeFile(join(folder, 'bench-large', 'model.onnx'), onnx);
  await writeFile(
    join(folder, 'bench-large', 'manifest.json'),
    JSON.stringify({ ...manifest, name: 'bench-large', sha256 }),
  );
  return folder;
}
