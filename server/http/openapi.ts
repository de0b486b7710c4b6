import { z } from 'zod';
import type { JsonObject } from '../../core/json.ts';
import { type AnyApiRoute, nothing } from './api-route.ts';

/** A route that is not made by `apiRoute`: health, metrics, and those of the sources. */
export interface PlainRoute {
  readonly method: string;
  readonly url: string;
  readonly summary: string;
  readonly isPublic: boolean;
}

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'next'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'A code of docs/reference/errors.md' },
    next: { type: 'string', description: 'What to do' },
  },
};
const refused = {
  description: 'Refused',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

/** The OpenAPI 3.1 document of every route that is registered. */
export function openApi(
  version: string,
  api: readonly AnyApiRoute[],
  plain: readonly PlainRoute[],
): JsonObject {
  const paths: { [path: string]: { [method: string]: JsonObject } } = {};
  const add = (url: string, method: string, operation: JsonObject) => {
    const path = url.replace(/:([A-Za-z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
  };
  for (const route of api) add(route.url, route.method, operationOf(route));
  for (const route of plain) add(route.url, route.method, plainOperation(route));
  return {
    openapi: '3.1.0',
    info: { title: 'BitHive', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    security: [{ bearer: [] }],
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: problemSchema },
    },
    paths,
  };
}

function plainOperation({ summary, isPublic, url }: PlainRoute): JsonObject {
  const parameters = [...url.matchAll(/:([A-Za-z]+)/g)].map(([, name]) => ({
    name: name as string,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return {
    summary,
    ...(isPublic ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    responses: { '200': { description: 'OK' }, default: refused },
  };
}

function operationOf(route: AnyApiRoute): JsonObject {
  const parameters = [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')];
  return {
    summary: route.summary,
    'x-permission': route.permission,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === nothing
      ? {}
      : {
          requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body) } } },
        }),
    responses: {
      '2XX': { description: 'OK', content: { [route.answers ?? 'application/json']: {} } },
      default: refused,
    },
  };
}

function parametersOf(schema: z.ZodType, place: 'path' | 'query'): readonly JsonObject[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).map(([name, child]) => ({
    name,
    in: place,
    required: !(child instanceof z.ZodOptional),
    schema: schemaOf(child as z.ZodType),
  }));
}

function schemaOf(schema: z.ZodType): JsonObject {
  const { $schema: _schema, ...rest } = z.toJSONSchema(schema, { io: 'input' }) as JsonObject;
  return rest;
}
