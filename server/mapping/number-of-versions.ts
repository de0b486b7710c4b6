/** The highest number of versions that have no gaps: doubles until one is missing, then halves. */
export async function numberOfVersions(
  has: (version: number) => Promise<boolean>,
  known = 0,
): Promise<number> {
  let step = 1;
  let last = known;
  while (await has(last + step)) {
    last += step;
    step *= 2;
  }
  for (step = Math.floor(step / 2); step >= 1; step = Math.floor(step / 2)) {
    if (await has(last + step)) last += step;
  }
  return last;
}
