import type { DctComponent, DctFrame } from './jpeg-dct-header.ts';

type Line = Uint8Array | Uint16Array;

/**
 * A row of the image from a component that is sampled more coarsely. Factors of 2 across are spread by a triangle filter, as dcmtk, gdcm
 * and browsers do: three quarters of the nearer sample and one of the farther. All other factors repeat samples.
 */
export function upsampledRow(frame: DctFrame, component: DctComponent, row: number, out: Line): Line {
  const across = frame.horizontalMax / component.horizontal;
  const down = frame.verticalMax / component.vertical;
  const isSmooth = across === 2 && down <= 2 && component.columns > 2;
  if (!isSmooth) return repeated(component, Math.floor(row / down), across, out);
  return down === 1 ? spread(component, row, out) : spreadFromTwo(component, row, out);
}

function repeated({ samples, stride, columns }: DctComponent, row: number, across: number, out: Line): Line {
  const from = row * stride;
  for (let column = 0, to = 0; column < columns; column += 1) {
    const value = samples[from + column]!;
    for (let k = 0; k < across && to < out.length; k += 1, to += 1) out[to] = value;
  }
  return out;
}

/** Rounding goes down and up by turns, so that the image gets neither darker nor brighter. */
function spread({ samples, stride, columns }: DctComponent, row: number, out: Line): Line {
  const from = row * stride;
  const last = columns - 1;
  for (let column = 0, to = 0; column <= last; column += 1, to += 2) {
    const here = samples[from + column]! * 3;
    out[to] = column === 0 ? samples[from]! : (here + samples[from + column - 1]! + 1) >> 2;
    out[to + 1] = column === last ? samples[from + last]! : (here + samples[from + column + 1]! + 2) >> 2;
  }
  return out;
}

/** The nearer row of samples and the one beyond it, which at the edges is the nearer one again. */
function spreadFromTwo({ samples, stride, columns, rows }: DctComponent, row: number, out: Line): Line {
  const near = row >> 1;
  const far = Math.min(Math.max(row % 2 === 0 ? near - 1 : near + 1, 0), rows - 1);
  const [from, beyond] = [near * stride, far * stride];
  const last = columns - 1;
  let before = 0;
  let here = samples[from]! * 3 + samples[beyond]!;
  for (let column = 0, to = 0; column <= last; column += 1, to += 2) {
    const next = column === last ? 0 : samples[from + column + 1]! * 3 + samples[beyond + column + 1]!;
    out[to] = column === 0 ? (here * 4 + 8) >> 4 : (here * 3 + before + 8) >> 4;
    out[to + 1] = column === last ? (here * 4 + 7) >> 4 : (here * 3 + next + 7) >> 4;
    before = here;
    here = next;
  }
  return out;
}
