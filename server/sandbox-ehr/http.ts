import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { getStatus, normalizeOperationOutcome } from '@medplum/core';
import type { HttpMethod } from '@medplum/fhir-router';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { limits } from '../../core/limits.ts';
import { outcomeOf, parseFhirJson, resourceTypeNames } from '../../formats/fhir/index.ts';
import type { EhrAnswer, SandboxEhr } from './sandbox-ehr.ts';

const fhirJson = 'application/fhir+json; charset=utf-8';
const unzip = promisify(gunzip);
const base = '/fhir';

/** The sandbox over HTTP: FHIR R4 under `/fhir`, counts for tests under `/fhir/$stats`. */
export function createSandboxApp(ehr: SandboxEhr): FastifyInstance {
  const app = fastify({ bodyLimit: limits.deliveryBodyBytesMax, forceCloseConnections: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? getStatus(normalizeOperationOutcome(error));
    void reply
      .code(status)
      .type(fhirJson)
      .send(JSON.stringify(outcomeOf('error', 'processing', error.message)));
  });
  app.get(`${base}/$stats`, (_request, reply) => reply.send(ehr.stats()));
  app.get(`${base}/metadata`, (_request, reply) => reply.type(fhirJson).send(JSON.stringify(capability())));
  app.route({
    method: ['GET', 'POST', 'PUT', 'DELETE'],
    url: `${base}`,
    handler: (request, reply) => answer(ehr, request, reply),
  });
  app.route({
    method: ['GET', 'POST', 'PUT', 'DELETE'],
    url: `${base}/*`,
    handler: (request, reply) => answer(ehr, request, reply),
  });
  return app;
}

async function answer(ehr: SandboxEhr, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const result = await ehr.handle({
    method: request.method as HttpMethod,
    url: request.url.slice(base.length).replace(/^\/+/, ''),
    body: await bodyOf(request),
    headers: request.headers as { [name: string]: string | undefined },
  });
  return sendAnswer(result, request, reply);
}

async function bodyOf(request: FastifyRequest): Promise<unknown> {
  if (!Buffer.isBuffer(request.body) || request.body.length === 0) return undefined;
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(request.body.toString('utf8')));
  }
  const isZipped = request.headers['content-encoding'] === 'gzip';
  return parseFhirJson(
    isZipped ? await unzip(request.body, { maxOutputLength: limits.deliveryBodyBytesMax }) : request.body,
  );
}

function sendAnswer(result: EhrAnswer, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, body } = result;
  const versionId = status < 300 ? body.meta?.versionId : undefined;
  if (versionId !== undefined) {
    const location = `${request.protocol}://${request.host}${base}/${body.resourceType}/${body.id}/_history/${versionId}`;
    reply.header('etag', `W/"${versionId}"`).header('location', location);
  }
  const isMinimal = versionId !== undefined && String(request.headers.prefer).includes('return=minimal');
  return reply
    .code(status)
    .type(fhirJson)
    .send(isMinimal ? '' : JSON.stringify(body));
}

function capability(): object {
  const interactions = ['read', 'vread', 'update', 'delete', 'history-instance', 'create', 'search-type'];
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-01-01',
    kind: 'instance',
    implementation: { description: 'BitHive sandbox EHR: in memory, for demonstrations and tests' },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    rest: [
      {
        mode: 'server',
        interaction: [{ code: 'transaction' }, { code: 'batch' }],
        resource: [...resourceTypeNames()].map((type) => ({
          type,
          interaction: interactions.map((code) => ({ code })),
          versioning: 'versioned',
          conditionalCreate: true,
          conditionalUpdate: true,
        })),
      },
    ],
  };
}
