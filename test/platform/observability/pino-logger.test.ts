import { expect, test } from '@jest/globals';
import { BitHiveError } from '../../../core/errors.ts';
import { createPinoLogger } from '../../../platform/observability/pino-logger.ts';

const canary = 'CANARY^PATIENT';

function capture(level: 'debug' | 'info' | 'warn' | 'error' = 'debug') {
  const lines: string[] = [];
  return { lines, logger: createPinoLogger({ level, stream: { write: (line) => void lines.push(line) } }) };
}

test('an entry is one JSON line with level, event and fields', () => {
  const { lines, logger } = capture();
  logger.info('message accepted', { message_id: 7, channel: 'adt-orders' });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 'info',
    event: 'message accepted',
    message_id: 7,
    channel: 'adt-orders',
  });
});

test('entries below the level are not written', () => {
  const { lines, logger } = capture('warn');
  logger.debug('a');
  logger.info('b');
  logger.warn('c');
  expect(lines).toHaveLength(1);
});

test('fields that would hold patient data or secrets are withheld', () => {
  const { lines, logger } = capture();
  logger.warn('x', {
    patient: canary,
    mrn: canary,
    Authorization: canary,
    body: canary,
    patientName: canary,
  });
  expect(lines.join()).not.toContain('CANARY');
});

test('a cause shows its type, code and frames, not the words of a foreign error', () => {
  const { lines, logger } = capture();
  logger.error('failed', {}, new SyntaxError(`Unexpected token in ${canary}`));
  logger.error('failed', {}, new BitHiveError('BH_STORE_IO', 'disk 1', { cause: new TypeError(canary) }));
  expect(lines.join()).not.toContain('CANARY');
  expect(JSON.parse(lines[0]!)).toMatchObject({ cause: 'SyntaxError' });
  expect(JSON.parse(lines[1]!)).toMatchObject({
    cause: 'BitHiveError',
    cause_code: 'BH_STORE_IO',
    detail: 'disk 1',
  });
});
