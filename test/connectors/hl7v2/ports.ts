/** The machine's clock and chance: these tests run real sockets. */
export { systemClock } from '../../../platform/clock.ts';
export { systemRandom } from '../../../platform/random.ts';
