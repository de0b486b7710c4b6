const attemptsMax = 4;
const pauseMs = 500;

/**
 * A second without an answer may be the machine's fault, which had other work. An input that makes the engine slow does so each time:
 * only what is slow in every one of several attempts is reported as slow.
 */
export async function slowOnlyWhenAlways<T>(
  attempt: () => Promise<T>,
  isSlow: (result: T) => boolean,
): Promise<T> {
  let result = await attempt();
  for (let nth = 1; nth < attemptsMax && isSlow(result); nth += 1) {
    await new Promise((next) => setTimeout(next, pauseMs));
    result = await attempt();
  }
  return result;
}
