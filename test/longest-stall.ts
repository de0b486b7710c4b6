/**
 * The longest time for which the loop stood still, in CPU time of the process: other work on the machine does not count. It holds the
 * sender's own work, too: what an object costs is the least of several attempts.
 */
export async function longestStallMs(work: () => Promise<void>): Promise<number> {
  let longestUs = 0;
  let isOver = false;
  let last = process.cpuUsage();
  const look = (): void => {
    const { user, system } = process.cpuUsage(last);
    longestUs = Math.max(longestUs, user + system);
    last = process.cpuUsage();
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  await work();
  await new Promise((next) => setTimeout(next, 20));
  isOver = true;
  return longestUs / 1000;
}
