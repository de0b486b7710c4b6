import { z } from 'zod';
import { type PacsWay, pacsWaysOf } from '../../config/index.ts';
import { assert } from '../../core/assert.ts';
import { dicomResultContentType } from '../../core/dicom-object.ts';
import type { Destination } from '../../core/ports/index.ts';
import { studyQueryContentType } from '../../core/study-query.ts';
import type { DestinationKind } from '../../pipelines/channel/catalog.ts';
import type { CatalogParts } from './catalog.ts';
import { archiveDestinationKind, stowDestinationKind } from './dicomweb-kinds.ts';
import { dimseDestinationKind } from './dimse-kinds.ts';
import { pacsNode, pacsServer } from './pacs-settings.ts';

/** A kind of destination, with the settings that the site's `pacs` gives it. */
interface Bound {
  check(): void | Promise<void>;
  create(context: { readonly channel: string; readonly name: string }): Destination | Promise<Destination>;
}

const settings = z.strictObject({});

/**
 * `pacs` as a destination: the archive of the settings `pacs`, so that its address need not stand in a channel file. It takes results, and
 * questions about studies where earlier ones come from it. Where no PACS is set the channel runs without it.
 */
export function pacsDestinationKind(parts: CatalogParts): DestinationKind<z.output<typeof settings>> {
  const ways = pacsWaysOf(parts.config);
  const results = ways === null ? null : resultsBy(ways.results, parts);
  // One node takes both over the same destination: one set of associations, one limit.
  const isOne = ways?.results === 'dimse' && ways.priors === 'dimse';
  const priors = isOne || !ways?.priors ? null : priorsBy(ways.priors, parts);
  return {
    kind: 'pacs',
    settings,
    isThere: () => ways !== null,
    takes: (contentType) =>
      contentType === dicomResultContentType ||
      (contentType === studyQueryContentType && ways !== null && ways.priors !== null),
    async check() {
      await results?.check();
      await priors?.check();
    },
    async create(_settings, context) {
      assert(results !== null, 'a PACS that is not set is not opened');
      const receiver = await results.create(context);
      return priors === null ? receiver : joined(receiver, await priors.create(context));
    },
  };
}

/** Results to the one, questions to the other. */
const joined = (results: Destination, priors: Destination): Destination => ({
  kind: results.kind,
  target: results.target,
  concurrency: results.concurrency + priors.concurrency,
  send: (delivery, signal) =>
    (delivery.contentType === studyQueryContentType ? priors : results).send(delivery, signal),
  async close() {
    await Promise.all([results.close(), priors.close()]);
  },
});

const resultsBy = (way: PacsWay, parts: CatalogParts): Bound =>
  way === 'dicomweb'
    ? bound(stowDestinationKind(parts), pacsServer(parts.config))
    : bound(dimseDestinationKind(parts), pacsNode(parts.config));

const priorsBy = (way: PacsWay, parts: CatalogParts): Bound =>
  way === 'dicomweb'
    ? bound(archiveDestinationKind(parts), pacsServer(parts.config))
    : bound(dimseDestinationKind(parts), pacsNode(parts.config));

function bound<S>(kind: DestinationKind<S>, given: object): Bound {
  const own = kind.settings.parse(given);
  return { check: () => kind.check?.(own), create: (context) => kind.create(own, context) };
}
