export { systemClock } from '../../../platform/clock.ts';
