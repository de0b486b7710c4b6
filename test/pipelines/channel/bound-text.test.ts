import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { boundText, mapVersionOf } from '../../../pipelines/channel/bound-text.ts';

const text = fc.string({ unit: fc.constantFrom('a', '\n', '# map version 3', ' ', ':') });

describe('the text of a channel that is bound to a version of the map', () => {
  test('tells the version', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 999_999_999 }), (channel, version) => {
        expect(mapVersionOf(boundText(channel, version))).toBe(version);
      }),
    );
  });

  test('is bound to one version only, the last', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 1, max: 99 }), (first, second) => {
        const channel = 'channel: adt\n';
        expect(boundText(boundText(channel, first), second)).toBe(boundText(channel, second));
      }),
    );
  });

  test('without a map of its own is the text as it was', () => {
    expect(boundText('channel: adt\n', 0)).toBe('channel: adt\n');
    expect(mapVersionOf('channel: adt\n')).toBe(0);
    expect(mapVersionOf('channel: adt\n# map version 3 was good\n')).toBe(0);
  });
});
