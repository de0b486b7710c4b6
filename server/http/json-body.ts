import type { FastifyInstance } from 'fastify';
import { BitHiveError } from '../../core/errors.ts';
import { parseFhirJson } from '../../formats/fhir/index.ts';

/**
 * JSON bodies under the same guards as FHIR's: UTF-8, no name twice, no `__proto__`, nesting bounded (a body that nests
 * deeper parses, but breaks whoever walks it). Throws BH_HTTP_INPUT.
 */
export function takeJsonBodies(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer) => {
      if (body.length === 0) throw new BitHiveError('BH_HTTP_INPUT', 'the body is empty');
      try {
        return parseFhirJson(body);
      } catch (cause) {
        if (!(cause instanceof BitHiveError)) throw cause;
        throw new BitHiveError('BH_HTTP_INPUT', cause.detail, { cause });
      }
    },
  );
}
