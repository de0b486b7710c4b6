import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { frameMessage, MllpFramer } from '../../../connectors/hl7v2/index.ts';

type Event = readonly [kind: string, text: string];

function eventsOf(framer: MllpFramer, chunks: readonly Uint8Array[]): Event[] {
  const events: Event[] = [];
  for (const chunk of chunks) {
    framer.push(Buffer.from(chunk));
    for (let event = framer.next(); event !== null; event = framer.next()) {
      events.push([event.kind, Buffer.from(event.bytes).toString('latin1')]);
    }
  }
  return events;
}

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => bytes.subarray(at[index]!, end));
}

const places = fc.array(fc.nat(), { maxLength: 40 });
const body = fc
  .uint8Array({ maxLength: 60 })
  .map((bytes) => bytes.map((b) => (b === 0x0b || b === 0x1c ? 0x20 : b)));

describe('the framer', () => {
  test('gives each of N messages whole, whatever the split', () => {
    fc.assert(
      fc.property(fc.array(body, { maxLength: 8 }), places, (bodies, cuts) => {
        const stream = Buffer.concat(bodies.map(frameMessage));
        const expected = bodies.map((bytes) => ['frame', Buffer.from(bytes).toString('latin1')]);
        expect(eventsOf(new MllpFramer(1000), cut(stream, cuts))).toEqual(expected);
      }),
    );
  });

  test('every split in two of two messages', () => {
    const stream = Buffer.concat([frameMessage(Buffer.from('MSH|1')), frameMessage(Buffer.from('MSH|2'))]);
    for (let at = 0; at <= stream.length; at++) {
      const events = eventsOf(new MllpFramer(100), [stream.subarray(0, at), stream.subarray(at)]);
      expect(events.map(([, text]) => text)).toEqual(['MSH|1', 'MSH|2']);
    }
  });

  test('what it makes of any bytes does not depend on how they are split', () => {
    const bytes = fc
      .array(fc.constantFrom(0x0b, 0x1c, 0x0d, 0x41, 0x0a), { maxLength: 60 })
      .map((all) => Uint8Array.from(all));
    fc.assert(
      fc.property(bytes, places, (stream, cuts) => {
        const [whole, pieces] = [new MllpFramer(20), new MllpFramer(20)];
        const events = eventsOf(whole, [stream]);
        expect(eventsOf(pieces, cut(stream, cuts))).toEqual(events);
        expect(pieces.skippedBytes).toBe(whole.skippedBytes);
        expect(pieces.isOpen).toBe(whole.isOpen);
        expect(pieces.openBytes).toBe(whole.openBytes);
        expect(pieces.settle()).toEqual(whole.settle());
      }),
      { numRuns: 1000 },
    );
  });

  test('a later frame is read after any rubbish that ends outside a frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), places, (rubbish, cuts) => {
        const stream = Buffer.concat([rubbish, frameMessage(Buffer.from('MSH|good'))]);
        expect(eventsOf(new MllpFramer(1000), cut(stream, cuts)).at(-1)).toEqual(['frame', 'MSH|good']);
      }),
    );
  });

  test('stops at the limit, before the frame ends, and gives nothing after it', () => {
    const framer = new MllpFramer(10);
    expect(eventsOf(framer, [Buffer.from('\x0b12345'), Buffer.from('6789')])).toEqual([]);
    expect(eventsOf(framer, [Buffer.from('0x')])).toEqual([['too-large', '1234567890x']]);
    expect(eventsOf(framer, [frameMessage(Buffer.from('MSH'))])).toEqual([]);
  });

  test('takes one frame at a time, so that its caller sets the pace', () => {
    const framer = new MllpFramer(100);
    framer.push(Buffer.concat([frameMessage(Buffer.from('1')), frameMessage(Buffer.from('2'))]));
    expect(Buffer.from(framer.next()!.bytes).toString()).toBe('1');
    framer.push(Buffer.from(frameMessage(Buffer.from('3'))));
    expect(Buffer.from(framer.next()!.bytes).toString()).toBe('2');
    expect(Buffer.from(framer.next()!.bytes).toString()).toBe('3');
    expect(framer.next()).toBeNull();
  });
});
