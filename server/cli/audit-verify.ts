import { z } from 'zod';
import type { StoredAuditEvent } from '../../core/ports/index.ts';
import { verifyAudit } from '../../platform/audit/verify-audit.ts';
import { withData } from './data-access.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

const page = z.object({ events: z.array(z.custom<StoredAuditEvent>((event) => typeof event === 'object')) });

export const auditVerify: Verb = {
  usage: {
    name: 'audit verify',
    summary: 'Recomputes the hash chain of the audit trail.',
    words: [],
    flags: [jsonFlag],
    takesSettings: true,
    example: 'bithive audit verify --data /var/lib/bithive',
  },
  async run(call, world) {
    const result = await withData(call, world, {
      throughEngine: (engine) =>
        verifyAudit({
          readAudit: async (from, limit) =>
            page.parse(await engine.get(`/api/audit?from=${from}&limit=${limit}`)).events,
        }),
      throughFolder: ({ store }) => verifyAudit(store),
    });
    world.print(
      call.has('json')
        ? JSON.stringify(result)
        : `${result.events} audit events, unchanged; the last hash is ${result.lastHash}`,
    );
    return exitCodes.ok;
  },
};
