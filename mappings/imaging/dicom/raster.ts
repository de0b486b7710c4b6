import type { Point } from './glyph-outlines.ts';

/** An image of 8-bit grey levels, row by row. */
export interface Raster {
  readonly columns: number;
  readonly rows: number;
  readonly pixels: Uint8Array;
}

/** Lines per pixel that an edge is sampled on: enough for smooth text. */
const linesPerPixel = 4;

/** Fills outlines with a grey level by the non-zero winding rule, as TrueType defines its glyphs; edges are blended by how much of a pixel they cover. */
export function fill(raster: Raster, outlines: readonly (readonly Point[])[], level: number): void {
  const edges = edgesOf(outlines);
  if (edges.length === 0) return;
  const top = Math.max(0, Math.floor(Math.min(...edges.map((edge) => edge.top))));
  const bottom = Math.min(raster.rows, Math.ceil(Math.max(...edges.map((edge) => edge.bottom))));
  for (let row = top; row < bottom; row += 1) {
    const cover = new Float32Array(raster.columns);
    for (let line = 0; line < linesPerPixel; line += 1) {
      addSpans(cover, edges, row + (line + 0.5) / linesPerPixel);
    }
    blend(raster, row, cover, level);
  }
}

interface Edge {
  readonly top: number;
  readonly bottom: number;
  readonly x: number;
  readonly slope: number;
  readonly direction: 1 | -1;
}

function edgesOf(outlines: readonly (readonly Point[])[]): readonly Edge[] {
  return outlines.flatMap((outline) =>
    outline.flatMap((from, i): Edge[] => {
      const to = outline[(i + 1) % outline.length] as Point;
      if (from[1] === to[1]) return [];
      const [a, b, direction] = from[1] < to[1] ? ([from, to, 1] as const) : ([to, from, -1] as const);
      return [{ top: a[1], bottom: b[1], x: a[0], slope: (b[0] - a[0]) / (b[1] - a[1]), direction }];
    }),
  );
}

/** Along one line: from where the winding number leaves zero to where it comes back. */
function addSpans(cover: Float32Array, edges: readonly Edge[], y: number): void {
  const crossings = edges
    .filter(({ top, bottom }) => top <= y && y < bottom)
    .map(({ top, x, slope, direction }) => ({ x: x + (y - top) * slope, direction }))
    .sort((a, b) => a.x - b.x);
  let winding = 0;
  let start = 0;
  for (const { x, direction } of crossings) {
    if (winding === 0) start = x;
    winding += direction;
    if (winding === 0) addSpan(cover, start, x);
  }
}

function addSpan(cover: Float32Array, from: number, to: number): void {
  const first = Math.max(0, Math.floor(from));
  const last = Math.min(cover.length - 1, Math.floor(to));
  for (let column = first; column <= last; column += 1) {
    const width = Math.min(to, column + 1) - Math.max(from, column);
    if (width > 0) cover[column] = cover[column]! + width / linesPerPixel;
  }
}

function blend({ columns, pixels }: Raster, row: number, cover: Float32Array, level: number): void {
  for (let column = 0; column < columns; column += 1) {
    const share = Math.min(1, cover[column]!);
    if (share === 0) continue;
    const at = row * columns + column;
    pixels[at] = Math.round(pixels[at]! + (level - pixels[at]!) * share);
  }
}
