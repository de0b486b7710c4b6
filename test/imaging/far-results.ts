import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobHash } from '../../core/ids.ts';
import type { CompletedFinding, FindingMask } from '../../core/inference.ts';
import type { StudyInstance } from '../../core/study.ts';
import { instanceFacts, readDataset } from '../../formats/dicom/index.ts';
import { findingToDicom } from '../../mappings/imaging/dicom/finding-to-dicom.ts';
import { site } from '../mappings/site.ts';
import { runTool } from './dcmtk.ts';

/**
 * What a remote node makes of an image that it got, knowing nothing else: a structured report, a picture and a segmentation by our writer, a presentation state
 * and a PDF by dcmtk.
 *
 * @returns the files
 */
export async function farResults(image: string, folder: string): Promise<readonly string[]> {
  const bytes = await readFile(image);
  const finding = findingOf({
    ...instanceFacts(readDataset(bytes)),
    blob: 'a'.repeat(64) as BlobHash,
    bytesCount: bytes.length,
    receivedAtMs: Date.now(),
  });
  const files: string[] = [];
  for (const { kind, bytes: made } of findingToDicom(finding, site, ['sr', 'sc', 'seg'])) {
    const file = join(folder, `${kind}.dcm`);
    await writeFile(file, made);
    files.push(file);
  }
  const [state, pdf, document] = ['pr.dcm', 'report.pdf', 'doc.dcm'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await ok('dcmpsmk', [image, state]);
  // It leaves out what PS3.3 C.7.3.1 asks for.
  await ok('dcmodify', ['-nb', '-i', '(0020,0060)=', state]);
  await writeFile(pdf, onePage);
  await ok('pdf2dcm', ['+se', image, '-an', '+t', 'Report', pdf, document]);
  return [...files, state, document];
}

async function ok(program: string, words: readonly string[]): Promise<void> {
  const { code, text } = await runTool(program, words);
  if (code !== 0) throw new TypeError(`${program}: ${text}`);
}

function findingOf(instance: StudyInstance): CompletedFinding {
  const { sopInstanceUid, studyInstanceUid, rows = 0, columns = 0 } = instance;
  const mask: FindingMask = {
    label: { code: '39607008', system: 'http://snomed.info/sct', display: 'Lung' },
    ...{ sopInstanceUid, rows, columns },
    bits: Buffer.alloc(Math.ceil((rows * columns) / 8), 0x0f).toString('base64'),
  };
  return {
    status: 'completed',
    study: { studyInstanceUid, version: 1, instances: [instance], completedAtMs: Date.now() },
    model: {
      name: 'far-model',
      version: '2.0.0',
      sha256: 'e'.repeat(64),
      intendedUse: 'Shows the way back. Not for diagnosis.',
      publisher: 'Far',
      licence: 'CC-BY-4.0',
      evaluation: [],
    },
    ranAtMs: Date.now(),
    durationMs: 12,
    sopInstanceUid,
    target: { code: '233604007', system: 'http://snomed.info/sct', display: 'Pneumonia' },
    probability: 0.9,
    threshold: 0.5,
    positive: true,
    masks: [mask],
  };
}

const onePage = `%PDF-1.4
1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
2 0 obj
<< /Type /Pages /Kids [3 0 R] /Count 1 >>
endobj
3 0 obj
<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>
endobj
trailer
<< /Size 4 /Root 1 0 R >>
%%EOF
`;
