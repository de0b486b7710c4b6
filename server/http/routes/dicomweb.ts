import { z } from 'zod';
import {
  HeldObjects,
  matchKeys,
  requireMedia,
  type SearchLevel,
  searchHeld,
  surfaceQuery,
} from '../../../connectors/dicomweb/surface/index.ts';
import { type AnyApiRoute, apiRoute, nothing } from '../api-route.ts';
import { dicomwebBase, seriesParams, studyParams } from '../dicomweb-address.ts';
import type { HttpServerOptions } from '../options.ts';
import { dicomwebFrameRoutes } from './dicomweb-frames.ts';
import { dicomwebObjectRoutes } from './dicomweb-objects.ts';

const text = z.union([z.string(), z.array(z.string())]);
const searchQuery = z.looseObject({
  ...Object.fromEntries(matchKeys.map((key) => [key, text.optional()])),
  limit: text.optional(),
  offset: text.optional(),
  includefield: text.optional(),
  fuzzymatching: text.optional(),
});

/** What an address says of the place in which is searched, as match keys. */
const placeNames = { study: 'StudyInstanceUID', series: 'SeriesInstanceUID' } as const;

/** QIDO-RS and WADO-RS (PS3.18 10.4, 10.6) over what the engine still holds, so that a viewer can show it. */
export function dicomwebRoutes(options: HttpServerOptions): readonly AnyApiRoute[] {
  const held = new HeldObjects(options.store);
  const route = (
    level: SearchLevel,
    url: string,
    summary: string,
    params: z.ZodType = nothing,
  ): AnyApiRoute =>
    apiRoute({
      method: 'GET',
      url: `/dicomweb${url}`,
      permission: 'message:read',
      summary,
      params,
      query: searchQuery,
      body: nothing,
      answers: 'application/dicom+json',
      audit: { action: 'read', operation: `dicomweb.search.${level}` },
      async handle({ params: place, query, reply }) {
        const mediaType = requireMedia(reply.request.headers.accept, [
          'application/dicom+json',
          'application/json',
        ]);
        const within = Object.fromEntries(
          Object.entries(place as Record<keyof typeof placeNames, string>).map(([name, uid]) => [
            placeNames[name as keyof typeof placeNames],
            uid,
          ]),
        );
        const asked = surfaceQuery(query as Record<string, string | string[]>, within);
        const base = dicomwebBase(reply.request);
        const { page, isMore } = await searchHeld(held, level, asked, base);
        if (isMore)
          reply.header('warning', '299 bithive "There are more results, or older ones were not looked at"');
        reply.type(mediaType);
        const touched = { found: page.map((result) => result['0020000D']?.Value?.[0] ?? '') as string[] };
        return page.length === 0 ? { body: '', status: 204, touched } : { body: page, touched };
      },
    });
  return [
    route('study', '/studies', 'Studies that the engine holds (QIDO-RS)'),
    route('series', '/series', 'Series that the engine holds (QIDO-RS)'),
    route('instance', '/instances', 'Instances that the engine holds (QIDO-RS)'),
    route('series', '/studies/:study/series', 'Series of a study (QIDO-RS)', studyParams),
    route('instance', '/studies/:study/instances', 'Instances of a study (QIDO-RS)', studyParams),
    route(
      'instance',
      '/studies/:study/series/:series/instances',
      'Instances of a series (QIDO-RS)',
      seriesParams,
    ),
    ...dicomwebObjectRoutes(options, held),
    ...dicomwebFrameRoutes(options, held),
  ];
}
