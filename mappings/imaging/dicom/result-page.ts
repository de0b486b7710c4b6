import { resultHeading } from '../report-lines.ts';
import { type FontName, textOutlines, textWidth } from './glyph-outlines.ts';
import { fill, type Raster } from './raster.ts';

const columns = 800;
const rows = 600;
const margin = 40;
const white = 255;
const grey = 190;

interface Style {
  readonly font: FontName;
  readonly size: number;
  readonly level: number;
}
const headline: Style = { font: 'bold', size: 26, level: white };
const result: Style = { font: 'bold', size: 20, level: white };
const body: Style = { font: 'regular', size: 16, level: grey };

/**
 * A result as a picture: white on black, as a screen for images shows it, for viewers that show neither structured reports nor documents.
 * Nobody's name is in it. Lines for which there is no room are left out: the report has them.
 */
export function resultPage(lines: readonly string[]): Raster {
  const raster: Raster = { columns, rows, pixels: new Uint8Array(columns * rows) };
  let y = margin;
  const write = (text: string, style: Style): void => {
    for (const line of wrapped(text, style)) {
      y += style.size * 1.35;
      if (y > rows - margin) return;
      fill(raster, textOutlines(line, style.font, style.size, margin, y), style.level);
    }
    y += style.size * 0.4;
  };
  write(resultHeading, headline);
  const [first = '', ...others] = lines;
  write(first, result);
  for (const line of others) write(line, body);
  return raster;
}

/** Lines that fit between the margins, broken at spaces; a word that is longer than a line is cut. */
function wrapped(text: string, { font, size }: Style): readonly string[] {
  const widthMax = columns - 2 * margin;
  const width = (line: string): number => textWidth(line, font, size);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (width(longer) <= widthMax) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (width(line) > widthMax) {
      const fits = cutTo(line, (part) => width(part) <= widthMax);
      lines.push(fits);
      line = line.slice(fits.length);
    }
  }
  return line === '' ? lines : [...lines, line];
}

function cutTo(word: string, fits: (part: string) => boolean): string {
  let end = word.length - 1;
  while (end > 1 && !fits(word.slice(0, end))) end -= 1;
  return word.slice(0, end);
}
