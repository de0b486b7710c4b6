import { createRequire } from 'node:module';
import type * as Fontkit from 'fontkit';
import type { Font, PathCommand } from 'fontkit';

/** A corner of an outline, in pixels; outlines are closed polygons. */
export type Point = readonly [x: number, y: number];

const require = createRequire(import.meta.url);
/** DejaVu Sans (Bitstream Vera licence) covers Latin, Greek, Cyrillic, Arabic and Armenian, and needs no system font. */
export const fontFiles = {
  regular: require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
  bold: require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
} as const;
export type FontName = keyof typeof fontFiles;

const opened = new Map<FontName, Font>();

/** Opened when text is drawn first, and the package loaded with it: an engine that sends no results to an archive needs neither. */
export function fontOf(name: FontName): Font {
  const known = opened.get(name);
  if (known !== undefined) return known;
  const { openSync } = require('fontkit') as typeof Fontkit;
  const font = openSync(fontFiles[name]);
  opened.set(name, font);
  return font;
}

/** Width of a line of text in pixels. */
export function textWidth(text: string, name: FontName, size: number): number {
  const font = fontOf(name);
  return (font.layout(text).advanceWidth * size) / font.unitsPerEm;
}

/** A curve is drawn as so many straight lines; at the sizes of a screen nobody sees more. */
const stepsPerCurve = 6;

/** Outlines of a line of text whose baseline begins at (x, y), in pixels; y grows downwards. */
export function textOutlines(
  text: string,
  font: FontName,
  size: number,
  x: number,
  y: number,
): readonly (readonly Point[])[] {
  const opened = fontOf(font);
  const scale = size / opened.unitsPerEm;
  const { glyphs, positions } = opened.layout(text);
  const outlines: Point[][] = [];
  let at = x;
  glyphs.forEach((glyph, i) => {
    const { xAdvance, xOffset } = positions[i] ?? { xAdvance: 0, xOffset: 0 };
    outlines.push(...glyphOutlines(glyph.path.commands, scale, at + xOffset * scale, y));
    at += xAdvance * scale;
  });
  return outlines;
}

function glyphOutlines(commands: readonly PathCommand[], scale: number, x: number, y: number): Point[][] {
  const outlines: Point[][] = [];
  let outline: Point[] = [];
  const place = (px = 0, py = 0): Point => [x + px * scale, y - py * scale];
  for (const { command, args } of commands) {
    const from = outline.at(-1) ?? place();
    if (command === 'moveTo') {
      outline = [place(args[0], args[1])];
      outlines.push(outline);
    } else if (command === 'lineTo') outline.push(place(args[0], args[1]));
    else if (command === 'quadraticCurveTo')
      outline.push(...curve([from, place(args[0], args[1]), place(args[2], args[3])]));
    else if (command === 'bezierCurveTo')
      outline.push(
        ...curve([from, place(args[0], args[1]), place(args[2], args[3]), place(args[4], args[5])]),
      );
  }
  return outlines;
}

/** Points of a Bézier curve behind its first (de Casteljau). */
function curve(corners: readonly Point[]): Point[] {
  return Array.from({ length: stepsPerCurve }, (_, i) => {
    const t = (i + 1) / stepsPerCurve;
    let level = corners;
    while (level.length > 1) {
      level = level.slice(1).map((to, k) => between(level[k] as Point, to, t));
    }
    return level[0] as Point;
  });
}

const between = ([ax, ay]: Point, [bx, by]: Point, t: number): Point => [
  ax + (bx - ax) * t,
  ay + (by - ay) * t,
];
