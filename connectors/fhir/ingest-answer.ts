import type { FastifyReply } from 'fastify';
import { BitHiveError, type ErrorCode, toBitHiveError } from '../../core/errors.ts';
import type { MessageId } from '../../core/ids.ts';
import type { Acceptance } from '../../core/ports/index.ts';
import {
  errorCodeSystem,
  type FhirIssue,
  type OperationOutcome,
  outcomeOf,
  outcomeOfIssues,
} from '../../formats/fhir/index.ts';
import type { AnswerBundle } from './bundle-answer.ts';

const fhirJson = 'application/fhir+json; charset=utf-8';

/** Seconds after which a client that met a busy, stopping or full engine should come back. */
const retryAfterSeconds = 5;

/** Codes of the ValueSet issue-type for what is not about the resource's content. */
const issueTypes: Partial<Record<ErrorCode, string>> = {
  BH_FHIR_SYNTAX: 'structure',
  BH_HTTP_FORBIDDEN: 'forbidden',
  BH_HTTP_INPUT: 'not-supported',
  BH_HTTP_MEDIA_TYPE: 'not-supported',
  BH_HTTP_METHOD: 'not-supported',
  BH_HTTP_NOT_ACCEPTABLE: 'not-supported',
  BH_HTTP_NOT_FOUND: 'not-found',
  BH_HTTP_RATE: 'throttled',
  BH_HTTP_TIMEOUT: 'timeout',
  BH_HTTP_TOO_LARGE: 'too-long',
  BH_HTTP_UNAUTHENTICATED: 'login',
  BH_INTERNAL: 'exception',
  BH_STOPPING: 'transient',
  BH_STORE_BUSY: 'throttled',
  BH_STORE_FULL: 'no-store',
  BH_STORE_IO: 'no-store',
};

/** The refusal of a request as an OperationOutcome: title and advice of the catalogue, and the detail. */
export function sendRefusal(reply: FastifyReply, error: BitHiveError): FastifyReply {
  const { http, next } = error.entry;
  if ((http === 503 || http === 507) && !reply.hasHeader('retry-after')) {
    reply.header('retry-after', String(retryAfterSeconds));
  }
  const outcome = outcomeOf(
    'error',
    issueTypes[error.code] ?? 'processing',
    `${error.detail}. ${next}`,
    error.code,
  );
  return send(reply, http, outcome);
}

/** 422: kept in quarantine, with what is wrong and where. */
export function sendIssues(reply: FastifyReply, issues: readonly FhirIssue[]): FastifyReply {
  return send(reply, 422, outcomeOfIssues(issues, 'BH_FHIR_INVALID'));
}

/**
 * What became of an arrival that is durable.
 * - accepted: 202 (RFC 9110 §15.3.3), or what the address asks for: taken over, its effect is still to come; no resource lives here, so no Location. The
 *   OperationOutcome names the message; with `Prefer: return=minimal` it is left out.
 * - relayed: 200 with the answer of the destination that the channel names.
 */
export function sendAcceptance(
  reply: FastifyReply,
  acceptance: Exclude<Acceptance, { kind: 'refused' }>,
  prefer: string | undefined,
  status: 200 | 202,
): FastifyReply {
  reply.header('bithive-message-id', String(acceptance.id));
  if (acceptance.kind === 'relayed')
    return reply.code(200).type(fhirJson).send(Buffer.from(acceptance.answer));
  if (isMinimal(prefer)) {
    return reply.header('preference-applied', 'return=minimal').code(status).send();
  }
  const text = `${acceptance.duplicate ? 'already accepted' : 'accepted'} as message ${acceptance.id}`;
  const warning = acceptance.warning;
  const outcome = outcomeOf('information', 'informational', text);
  const issues = warning === undefined ? [] : [warningIssue(warning.code, warning.detail)];
  return send(reply, status, { ...outcome, issue: [...outcome.issue, ...issues] });
}

/** 200: the response Bundle of a batch, transaction or message that is durable (FHIR R4 §3.1.0.11.2, §2.4.4). */
export function sendBundle(
  reply: FastifyReply,
  { id }: { readonly id: MessageId },
  bundle: AnswerBundle,
  prefer: string | undefined,
): FastifyReply {
  reply.header('bithive-message-id', String(id));
  // It carries no resources in any case.
  if (isMinimal(prefer)) reply.header('preference-applied', 'return=minimal');
  return reply
    .code(200)
    .type(fhirJson)
    .send(Buffer.from(JSON.stringify(bundle)));
}

/** 200 without a body: a notification that carries nothing was heard. */
export function sendPinged(reply: FastifyReply): FastifyReply {
  return reply.code(200).send();
}

const isMinimal = (prefer: string | undefined): boolean =>
  prefer !== undefined && /(?:^|[,;\s])return=minimal(?:$|[,;\s])/.test(prefer);

function warningIssue(code: string, text: string): OperationOutcome['issue'][number] {
  const coding = [{ system: errorCodeSystem, code }];
  return { severity: 'warning', code: 'processing', details: { text, coding } };
}

function send(reply: FastifyReply, status: number, outcome: OperationOutcome): FastifyReply {
  return reply
    .code(status)
    .type(fhirJson)
    .send(Buffer.from(JSON.stringify(outcome)));
}

/** What the framework refuses before a handler runs, in the words of the catalogue. */
const frameworkCodes: { readonly [code: string]: readonly [ErrorCode, string] } = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['BH_HTTP_TOO_LARGE', 'the body is over the limit'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['BH_HTTP_MEDIA_TYPE', 'application/fhir+json is taken'],
  FST_ERR_CTP_EMPTY_TYPE: ['BH_HTTP_MEDIA_TYPE', 'application/fhir+json is taken'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['BH_HTTP_INPUT', 'the body is not as long as Content-Length says'],
  ECONNRESET: ['BH_HTTP_INPUT', 'the client closed the connection'],
  ECONNABORTED: ['BH_HTTP_INPUT', 'the client closed the connection'],
};

export function ingestError(error: unknown): BitHiveError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = Object.hasOwn(frameworkCodes, code) ? frameworkCodes[code] : undefined;
  return known ? new BitHiveError(known[0], known[1], { cause: error }) : toBitHiveError(error);
}
