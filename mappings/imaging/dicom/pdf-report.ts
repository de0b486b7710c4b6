import { createRequire } from 'node:module';
import type PdfDocument from 'pdfkit';
import { resultHeading } from '../report-lines.ts';
import { fontFiles, fontOf } from './glyph-outlines.ts';

const require = createRequire(import.meta.url);

/** Who and what a report is of, as its page says it. */
export interface ReportHeader {
  readonly patientName?: string;
  readonly patientId?: string;
  readonly patientBirthDate?: string;
  readonly patientSex?: string;
  readonly accessionNumber?: string;
  readonly studyDescription?: string;
  readonly studyDate?: string;
}

/**
 * A result as a PDF of one page or more. The same content gives the same bytes: its only date is `atMs`, and the file's id follows from it.
 * Embeds DejaVu Sans.
 */
export function pdfReport(lines: readonly string[], header: ReportHeader, atMs: number): Uint8Array {
  // Loaded when a PDF is made first: it takes longer than all else that an engine loads for a report.
  const Document = require('pdfkit') as typeof PdfDocument;
  const document = new Document({
    size: 'A4',
    margin: 56,
    lang: 'en',
    info: {
      Title: 'Preliminary AI report',
      Producer: 'BitHive',
      Creator: 'BitHive',
      CreationDate: new Date(atMs),
    },
  });
  document.registerFont('regular', fontFiles.regular);
  document.registerFont('bold', fontFiles.bold);
  document.font('regular').fontSize(10);
  for (const line of headerLines(header)) document.text(line);
  document.moveDown();
  const [first = '', ...others] = lines;
  document.font('bold').fontSize(16).text(resultHeading);
  document.moveDown(0.5);
  document.fontSize(13).text(shown(first));
  document.font('regular').fontSize(11);
  for (const line of others) document.moveDown(0.5).text(shown(line));
  document.end();
  const bytes: unknown = document.read();
  return bytes instanceof Uint8Array ? bytes : new Uint8Array(0);
}

function headerLines(header: ReportHeader): readonly string[] {
  const { patientName, patientId, patientBirthDate, patientSex, accessionNumber } = header;
  const name = nameShown(patientName ?? '');
  const study = [header.studyDescription, day(header.studyDate)].filter(
    (part) => part !== undefined && part !== '',
  );
  return [
    `Patient: ${name === '' ? shown(patientId ?? '') : name}`,
    `Patient ID: ${shown(patientId ?? '')}   Born: ${day(patientBirthDate)}   Sex: ${patientSex ?? ''}`,
    `Accession number: ${shown(accessionNumber ?? '')}   Study: ${shown(study.join(', '))}`,
  ];
}

/** The first group of a person name (PS3.5 6.2.1) that the font has all signs of; empty when it has none of them. */
export function nameShown(name: string): string {
  const groups = name.split('=').map((group) =>
    group
      .split('^')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .join(' '),
  );
  return groups.find((group) => group !== '' && isShowable(group)) ?? '';
}

const isShowable = (text: string): boolean =>
  [...text].every((sign) => fontOf('regular').hasGlyphForCodePoint(sign.codePointAt(0) ?? 0));

/** Signs that the font does not have are shown as such, and not left out. */
const shown = (text: string): string =>
  [...text.replace(/[\x00-\x1f\x7f]+/g, ' ')].map((sign) => (isShowable(sign) ? sign : '\ufffd')).join('');

/** YYYYMMDD as YYYY-MM-DD. */
const day = (date: string | undefined): string =>
  (date ?? '').replace(/^(\d{4})\.?(\d\d)\.?(\d\d)$/, '$1-$2-$3');
