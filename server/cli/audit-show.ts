import { z } from 'zod';
import { BitHiveError } from '../../core/errors.ts';
import type { StoredAuditEvent } from '../../core/ports/index.ts';
import { asJson, withData } from './data-access.ts';
import { table } from './table.ts';
import { type Call, exitCodes, jsonFlag, type Verb } from './verb.ts';

const page = z.object({ events: z.array(z.custom<StoredAuditEvent>((event) => typeof event === 'object')) });

export const auditShow: Verb = {
  usage: {
    name: 'audit show',
    summary: 'Shows the audit trail: who read or did what, when, with what outcome.',
    words: [],
    flags: [
      { name: 'from', takes: 'NUMBER', description: 'First event, by its number; 1 when absent.' },
      { name: 'limit', takes: 'NUMBER', description: 'At most so many; 100 when absent, 1000 at most.' },
      jsonFlag,
    ],
    takesSettings: true,
    example: 'bithive audit show --from 1 --data /var/lib/bithive',
  },
  async run(call, world) {
    const from = numberOf(call, 'from', 1, Number.MAX_SAFE_INTEGER);
    const limit = numberOf(call, 'limit', 100, 1000);
    const { events } = page.parse(
      await withData(call, world, {
        throughEngine: (engine) => engine.get(`/api/audit?from=${from}&limit=${limit}`),
        async throughFolder({ store, record }) {
          const read = await store.readAudit(from, limit);
          await record({ action: 'read', operation: 'audit.read' }, { from, limit });
          return asJson({ events: read });
        },
      }),
    );
    if (call.has('json')) world.print(JSON.stringify({ events }));
    else world.print(tableOf(events));
    return events.length > 0 ? exitCodes.ok : exitCodes.none;
  },
};

function tableOf(events: readonly StoredAuditEvent[]): string {
  const rows = events.map(({ seq, atMs, agent, from, operation, outcome, entities }) => [
    String(seq),
    new Date(atMs).toISOString(),
    agent,
    from ?? '-',
    operation,
    outcome,
    JSON.stringify(entities),
  ]);
  return table(['EVENT', 'AT', 'WHO', 'FROM', 'WHAT', 'OUTCOME', 'TOUCHED'], rows);
}

function numberOf(call: Call, name: string, otherwise: number, max: number): number {
  const text = call.flag(name);
  if (text === undefined) return otherwise;
  if (/^[1-9]\d{0,14}$/.test(text) && Number(text) <= max) return Number(text);
  throw new BitHiveError('BH_CLI_USAGE', `--${name} takes a whole number from 1 to ${max}`);
}
