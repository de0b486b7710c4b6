import type { WritableDataset, WritableElement } from '../../formats/dicom/index.ts';
import { removedText } from './dummy-value.ts';
import { textOf } from './element-values.ts';

const documentTag = 0x00420011;
const mimeTypeTag = 0x00420012;

export const isDocumentTag = (tag: number): boolean => tag === documentTag;

/** One empty page; the offsets of its table are counted here, so that every reader opens it. */
function emptyPdf(): string {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>',
  ];
  let text = '%PDF-1.4\n';
  const offsets: number[] = [];
  for (const [at, body] of objects.entries()) {
    offsets.push(text.length);
    text += `${at + 1} 0 obj\n${body}\nendobj\n`;
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  return `${text}xref\n0 4\n0000000000 65535 f \n${table}trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
}

/** What stands in place of an encapsulated document: an empty page where it was a PDF. */
export function emptyDocument(dataset: WritableDataset): WritableElement {
  const isPdf = textOf(dataset, mimeTypeTag) === 'application/pdf';
  return { vr: 'OB', value: Buffer.from(isPdf ? emptyPdf() : removedText, 'latin1') };
}
