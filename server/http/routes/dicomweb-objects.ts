import { Readable } from 'node:stream';
import { z } from 'zod';
import {
  bulkData,
  type HeldObjects,
  metadata,
  objectParts,
  present,
  requireMedia,
} from '../../../connectors/dicomweb/surface/index.ts';
import { assert } from '../../../core/assert.ts';
import { boundaryOf } from '../../../formats/multipart/index.ts';
import { type AnyApiRoute, apiRoute, nothing } from '../api-route.ts';
import {
  dicomwebBase,
  heldAt,
  instanceParams,
  instanceUrl,
  type Place,
  seen,
  seriesParams,
  seriesUrl,
  studyParams,
  studyUrl,
} from '../dicomweb-address.ts';
import type { HttpServerOptions } from '../options.ts';

interface Parts {
  readonly options: HttpServerOptions;
  readonly held: HeldObjects;
}

const valuePlace = z
  .string()
  .regex(/^\d{1,12}-\d{1,12}$/, 'offset and length of a value')
  .transform((text) => {
    const [offset = 0, length = 0] = text.split('-').map(Number);
    return { offset, length };
  });

/** A body that was removed while its message stays makes the answer partial (PS3.18 10.4.3). */
const partial = 206;
/** WADO-RS: objects, their metadata and values. */
export function dicomwebObjectRoutes(options: HttpServerOptions, held: HeldObjects): readonly AnyApiRoute[] {
  const parts = { options, held };
  return [
    objects(parts, studyUrl, studyParams, 'a study'),
    objects(parts, seriesUrl, seriesParams, 'a series'),
    objects(parts, instanceUrl, instanceParams, 'an instance'),
    metadataOf(parts, studyUrl, studyParams, 'a study'),
    metadataOf(parts, seriesUrl, seriesParams, 'a series'),
    metadataOf(parts, instanceUrl, instanceParams, 'an instance'),
    bulkDataRoute(parts),
  ];
}

function objects({ options, held }: Parts, url: string, params: z.ZodType, what: string): AnyApiRoute {
  const { blobs, random } = options;
  return apiRoute({
    method: 'GET',
    url: url,
    permission: 'message:read',
    summary: `The objects of ${what} as they came in (WADO-RS)`,
    params,
    query: nothing,
    body: nothing,
    answers: 'multipart/related',
    audit: { action: 'read', operation: 'dicomweb.retrieve' },
    async handle({ params: place, reply }) {
      const all = await heldAt(held, place as Place);
      const there = await present(all, blobs);
      const { accept } = reply.request.headers;
      const answer = objectParts(there, accept, blobs, boundaryOf(random.bytes(16)));
      reply.type(answer.contentType);
      return {
        body: answer.body,
        touched: seen(there),
        ...(there.length < all.length ? { status: partial } : {}),
      };
    },
  });
}

function metadataOf({ options, held }: Parts, url: string, params: z.ZodType, what: string): AnyApiRoute {
  const { blobs } = options;
  return apiRoute({
    method: 'GET',
    url: `${url}/metadata`,
    permission: 'message:read',
    summary: `The attributes of ${what} without bulk data (WADO-RS)`,
    params,
    query: nothing,
    body: nothing,
    answers: 'application/dicom+json',
    audit: { action: 'read', operation: 'dicomweb.metadata' },
    async handle({ params: place, reply }) {
      const all = await heldAt(held, place as Place);
      reply.type(requireMedia(reply.request.headers.accept, ['application/dicom+json', 'application/json']));
      const there = await present(all, blobs);
      const body = Readable.from(metadata(there, blobs, dicomwebBase(reply.request)), {
        objectMode: false,
      });
      return { body, touched: seen(there), ...(there.length < all.length ? { status: partial } : {}) };
    },
  });
}

function bulkDataRoute({ options, held }: Parts): AnyApiRoute {
  const { blobs, random } = options;
  return apiRoute({
    method: 'GET',
    url: `${instanceUrl}/bulkdata/:value`,
    permission: 'message:read',
    summary: 'A value that the metadata left out (WADO-RS)',
    params: instanceParams.extend({ value: valuePlace }),
    query: nothing,
    body: nothing,
    answers: 'multipart/related',
    audit: { action: 'read', operation: 'dicomweb.bulkdata' },
    async handle({ params: { value, ...place }, reply }) {
      const there = await present(await heldAt(held, place), blobs);
      const [one] = there;
      assert(one !== undefined, 'what is present is at least one');
      const boundary = boundaryOf(random.bytes(16));
      const { contentType, body } = await bulkData(one, value, reply.request.headers.accept, blobs, boundary);
      reply.type(contentType);
      return { body, touched: seen(there) };
    },
  });
}
