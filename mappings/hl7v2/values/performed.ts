import { readDateTime } from './date-time.ts';
import { momentAfter } from './moment-after.ts';
import { type Convert, textAt, type ValueType } from './value-type.ts';

/**
 * PR1-5 with the minutes of PR1-7 (HL7 v2.5.1 6.5.4): a period where the start is a time, else the moment or day alone; minutes after a mere
 * date say nothing.
 */
export const performed = (moment: ValueType): ValueType => ({
  yields: ['performed[x]'],
  covers: 'leaf',
  compile: (options) => {
    const readStart = moment.compile(options);
    const read: Convert = (...place) => {
      const [run, segment] = place;
      const start = readStart(...place);
      if (typeof start !== 'string') return undefined;
      const minutes = textAt(segment, 7, 1, 0, 0);
      const { precision } = readDateTime(
        textAt(segment, 5, 1, 0, 0),
        run.messageOffset,
        run.site.settings.zone,
      );
      const end =
        precision === 'time' && /^[1-9]\d{0,4}$/.test(minutes)
          ? momentAfter(start, Number(minutes), 'min')
          : undefined;
      if (end === undefined) return ['performedDateTime', start];
      run.take(segment, 7, { rep: 1, component: 0, subcomponent: 0, covers: 'leaf' });
      return ['performedPeriod', { start, end }];
    };
    return read;
  },
});
