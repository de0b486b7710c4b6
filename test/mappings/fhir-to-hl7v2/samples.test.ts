import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { BitHiveError } from '../../../core/errors.ts';
import { parseMessage } from '../../../formats/hl7v2/index.ts';
import { outboundSettingsSchema } from '../../../mappings/fhir-to-hl7v2/settings.ts';
import { parseWithDigits } from '../../../mappings/fhir-to-hl7v2/values/digits.ts';
import { printBundle } from '../../../mappings/index.ts';
import { map, receivedAtMs } from '../site.ts';
import { outbound } from './outbound.ts';

const samples = join(import.meta.dirname, '../../../../shared/data/hl7v2-samples');
const hasShared = existsSync(samples);
const settings = outboundSettingsSchema.parse({});

(hasShared ? test : test.skip)('what came in as a sample leaves again, about the same patient', () => {
  const files = readdirSync(samples, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.hl7'),
  );
  const refused: string[] = [];
  let sent = 0;
  for (const name of files) {
    const original = parseMessage(readFileSync(join(samples, name)));
    const { bundle } = map.convert(original, { receivedAtMs, messageId: 1 });
    try {
      const { messages } = outbound.convert(parseWithDigits(printBundle(bundle)), settings, {
        receivedAtMs,
        controlId: '1',
      });
      for (const { bytes } of messages) {
        const again = parseMessage(bytes);
        sent += 1;
        const ids = original
          .all('PID')
          .flatMap((pid) =>
            [2, 3, 4].flatMap((field) =>
              Array.from({ length: pid.repetitions(field) }, (_, rep) => pid.get(field, rep + 1)),
            ),
          );
        if (ids.length > 0) expect([name, [...ids, ''].includes(again.get('PID-3.1'))]).toEqual([name, true]);
      }
    } catch (error) {
      if (!(error instanceof BitHiveError)) throw error;
      // A message about nobody: HL7 v2 has no result without PID.
      expect([name, original.first('PID')?.get(3) ?? '']).toEqual([name, '']);
      refused.push(name);
    }
  }
  expect(sent).toBeGreaterThan(100);
  expect(refused.length).toBeLessThan(5);
});
