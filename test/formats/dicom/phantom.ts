import { bytesSource, readHeader, type SeriesObject } from '../../../formats/dicom/index.ts';
import { dicomFile, el, imageElements } from './object-builder.ts';

export type Point = readonly [number, number, number];

/** A stack whose value at each point of the patient is known. */
export interface Phantom {
  readonly rows: number;
  readonly columns: number;
  /** Of the first pixel of each slice. */
  readonly positions: readonly Point[];
  readonly across: Point;
  readonly down: Point;
  readonly rowSpacing: number;
  readonly columnSpacing: number;
  value(point: Point): number;
}

const text = (numbers: readonly number[]): string => numbers.map((n) => n.toFixed(10)).join('\\');

/** One object of 32-bit floating point pixels for each slice. */
export function phantomSeries(phantom: Phantom): Promise<readonly SeriesObject[]> {
  return Promise.all(phantom.positions.map((position) => phantomSlice(phantom, position)));
}

export async function phantomSlice(phantom: Phantom, position: Point): Promise<SeriesObject> {
  const { rows, columns, across, down, rowSpacing, columnSpacing } = phantom;
  const values = Float32Array.from({ length: rows * columns }, (_, at) => {
    const [x, y] = [(at % columns) * columnSpacing, Math.floor(at / columns) * rowSpacing];
    const [px, py, pz] = [0, 1, 2].map((k) => position[k]! + across[k]! * x + down[k]! * y);
    return phantom.value([px!, py!, pz!]);
  });
  const file = dicomFile(
    imageElements(el(0x7fe00008, 'OF', new Uint8Array(values.buffer)), {
      rows,
      columns,
      bits: 32,
      before: [
        el(0x00200032, 'DS', text(position)),
        el(0x00200037, 'DS', text([...across, ...down])),
        el(0x00200052, 'UI', '1.2.3.9'),
        el(0x00280030, 'DS', text([rowSpacing, columnSpacing])),
      ],
    }),
  );
  const source = bytesSource(new Uint8Array(file));
  return { source, header: await readHeader(source) };
}

/** Axial slices from the feet up: patient coordinates grow with column, row and slice. */
export const axial = (changes: Partial<Phantom> = {}): Phantom => ({
  rows: 20,
  columns: 24,
  positions: Array.from({ length: 10 }, (_, i) => [-30, -20, 100 + i * 4] as const),
  across: [1, 0, 0],
  down: [0, 1, 0],
  rowSpacing: 2,
  columnSpacing: 2.5,
  value: () => 0,
  ...changes,
});
