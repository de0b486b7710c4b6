/** One channel, row by row from the top left. */
export interface GreyImage {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}
