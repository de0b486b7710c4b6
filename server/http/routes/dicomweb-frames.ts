import { Readable } from 'node:stream';
import { z } from 'zod';
import {
  type FrameThread,
  frameForm,
  type HeldInstance,
  type HeldObjects,
  present,
  requireMedia,
} from '../../../connectors/dicomweb/surface/index.ts';
import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { transferSyntax } from '../../../formats/dicom/index.ts';
import { boundaryOf, multipartRelated, writeMultipart } from '../../../formats/multipart/index.ts';
import { type AnyApiRoute, apiRoute, nothing } from '../api-route.ts';
import { heldAt, instanceParams, instanceUrl, type Place, seen } from '../dicomweb-address.ts';
import type { HttpServerOptions } from '../options.ts';

const frameList = z
  .string()
  .regex(/^[1-9]\d{0,8}(,[1-9]\d{0,8})*$/, 'numbers of frames, from 1, with commas between')
  .transform((list) => list.split(',').map(Number))
  .refine((list) => list.length <= limits.dicomwebFramesPerRequestMax, 'too many frames for one request');

const renderedSideMax = 65_535;
const thumbnailSideMax = 128;

interface OpenInstance {
  readonly instance: HeldInstance;
  read(frame: number, form: Parameters<FrameThread['read']>[0]['form']): Promise<Uint8Array>;
}

type Open = (place: Place) => Promise<OpenInstance>;

/** WADO-RS: frames and rendered images. What they cost is paid by a thread of its own. */
export function dicomwebFrameRoutes(options: HttpServerOptions, held: HeldObjects): readonly AnyApiRoute[] {
  const { blobs, frames, random } = options;
  const open: Open = async (place) => {
    const [instance] = await present(await heldAt(held, place), blobs);
    const path = instance === undefined ? null : blobs.pathOf(instance.blob);
    if (instance === undefined || path === null)
      throw new BitHiveError('BH_HTTP_NOT_FOUND', 'frames are read from bodies in a folder only');
    const { bytesCount } = instance;
    return { instance, read: (frame, form) => frames.read({ path, bytesCount, frame, form }) };
  };
  const framesParams = instanceParams.extend({ frames: frameList });
  return [
    apiRoute({
      method: 'GET',
      url: `${instanceUrl}/frames/:frames`,
      permission: 'message:read',
      summary: 'Frames of an instance, as stored or decoded (WADO-RS)',
      params: framesParams,
      query: nothing,
      body: nothing,
      answers: 'multipart/related',
      audit: { action: 'read', operation: 'dicomweb.frames' },
      async handle({ params: { frames: wanted, ...place }, reply }) {
        const { instance, read } = await open(place);
        const isEncapsulated = transferSyntax(instance.transferSyntaxUid).codec !== 'native';
        const form = frameForm(reply.request.headers.accept, instance.transferSyntaxUid, isEncapsulated);
        const one = (frame: number) => read(frame - 1, form.isEncoded ? 'encoded' : 'native');
        const boundary = boundaryOf(random.bytes(16));
        // The first one is read before the answer begins, so that what is wrong with the object still has a status.
        const [first = 1, ...others] = wanted;
        const body = Readable.from(
          writeMultipart(parts(await one(first), others, one, form.partType), boundary),
          {
            objectMode: false,
          },
        );
        reply.type(multipartRelated(form.rootType, boundary));
        return { body, touched: seen([instance]) };
      },
    }),
    rendered(
      open,
      '/rendered',
      renderedSideMax,
      instanceParams,
      'An instance as an image to look at (WADO-RS)',
    ),
    rendered(
      open,
      '/frames/:frames/rendered',
      renderedSideMax,
      framesParams,
      'A frame as an image to look at (WADO-RS)',
    ),
    rendered(open, '/thumbnail', thumbnailSideMax, instanceParams, 'A small image of an instance (WADO-RS)'),
  ];
}

function rendered(
  open: Open,
  name: string,
  sideMax: number,
  params: z.ZodType,
  summary: string,
): AnyApiRoute {
  return apiRoute({
    method: 'GET',
    url: `${instanceUrl}${name}`,
    permission: 'message:read',
    summary,
    params,
    query: z.looseObject({}),
    body: nothing,
    answers: 'image/png',
    audit: { action: 'read', operation: 'dicomweb.rendered' },
    async handle({ params: place, reply }) {
      reply.type(requireMedia(reply.request.headers.accept, ['image/png']));
      const { frames } = place as { readonly frames?: readonly number[] };
      const { instance, read } = await open(place as Place);
      const body = await read((frames?.[0] ?? 1) - 1, { png: sideMax });
      return {
        body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
        touched: seen([instance]),
      };
    },
  });
}

async function* parts(
  first: Uint8Array,
  others: readonly number[],
  one: (frame: number) => Promise<Uint8Array>,
  partType: string,
) {
  const headers = { 'Content-Type': partType };
  yield { headers, body: [first] };
  for (const frame of others) yield { headers, body: [await one(frame)] };
}
