import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Config } from '../../config/index.ts';
import { createStowSource } from '../../connectors/dicomweb/index.ts';
import type { AwaitedCommitments } from '../../connectors/dimse/index.ts';
import type { HttpSource } from '../../connectors/http-source.ts';
import { createNullDestination } from '../../connectors/null/destination.ts';
import { inferenceJobContentType } from '../../core/inference.ts';
import type { Keys } from '../../core/ports/index.ts';
import { createGrid, type InferencePool, type ModelRegistry } from '../../inference/index.ts';
import type { FhirToHl7Map, Hl7ToFhirMap, Hl7ToHl7Map } from '../../mappings/index.ts';
import type { SiteSettings } from '../../mappings/site.ts';
import {
  type ChannelCatalog,
  catalogOf,
  type DestinationKind,
  type SourceKind,
} from '../../pipelines/channel/catalog.ts';
import type { EnginePorts } from '../../pipelines/runtime/engine.ts';
import { assembleStudy } from '../../pipelines/steps/assemble-study.ts';
import { editHl7 } from '../../pipelines/steps/edit-hl7.ts';
import { mapStep } from '../../pipelines/steps/map.ts';
import { mapFhir } from '../../pipelines/steps/map-fhir.ts';
import { mapHl7 } from '../../pipelines/steps/map-hl7.ts';
import { reidentifyResult } from '../../pipelines/steps/reidentify-result.ts';
import { reportFinding } from '../../pipelines/steps/report-finding.ts';
import { routeStudy } from '../../pipelines/steps/route-study.ts';
import type { PriorNeeds } from '../../pipelines/study/priors.ts';
import { mayDeidentify } from './deidentified-kind.ts';
import type { DeidentifyThread } from './deidentify-thread.ts';
import { archiveDestinationKind, stowDestinationKind } from './dicomweb-kinds.ts';
import { dimseDestinationKind, dimseSourceKind } from './dimse-kinds.ts';
import { fhirDestinationKind, fhirSourceKind } from './fhir-kinds.ts';
import { fhirPollKind } from './fhir-poll-kind.ts';
import { filesDestinationKind, filesSourceKind, sftpDestinationKind, sftpSourceKind } from './file-kinds.ts';
import { hl7DestinationKind, hl7SourceKind } from './hl7-kinds.ts';
import type { OutboundRules } from './outbound.ts';
import { pacsDestinationKind } from './pacs-kind.ts';
import type { PseudonymKeys } from './pseudonym-keys.ts';
import type { TurnBackThread } from './turn-back-thread.ts';
import { turnMessageBack } from './turn-message-back.ts';

/** What the kinds of a channel file are checked with: enough to read one, with nothing opened. */
export interface DefinitionParts {
  readonly config: Config;
  readonly keys: Keys;
  readonly site: SiteSettings;
  readonly hl7ToFhir: Hl7ToFhirMap;
  readonly fhirToHl7: FhirToHl7Map;
  readonly models: ModelRegistry;
  readonly outbound: OutboundRules;
}

/** What their doors and destinations are opened on. */
export interface RunningParts {
  readonly ports: EnginePorts;
  readonly pool: InferencePool;
  /** Sources behind the shared HTTP listener put themselves here, to be mounted. */
  readonly httpSources: HttpSource[];
  /** What archives are asked to vouch for: destinations ask, the DICOM node hears. */
  readonly commitments: AwaitedCommitments;
  /** Sources that ask, by channel: a notification without a body wakes the one that it names. */
  readonly polls: Map<string, { lookNow(): void }>;
  /** Keys of the destinations that de-identify, for what comes back. */
  readonly pseudonymKeys: PseudonymKeys;
  /** What leaves without its patient is made so there. */
  readonly deidentifyThread: DeidentifyThread;
  /** What comes back of it gets its patient again there. */
  readonly turnBackThread: TurnBackThread;
}

export interface CatalogParts extends DefinitionParts {
  /** The rows of a file that a step `hl7v2` names. Throws BH_MAP_DEFINITION with file and line. */
  readonly editRows: (file: string) => Hl7ToHl7Map;
  /** Asked for only when something is opened. */
  readonly running: () => RunningParts;
}

/** Every kind of source, step and destination that a channel file can name. */
export function channelCatalog(parts: CatalogParts): ChannelCatalog {
  const kinds = catalogOf({
    sources: [
      hl7SourceKind(parts),
      fhirSourceKind(parts),
      fhirPollKind(parts),
      dicomwebSourceKind(parts),
      dimseSourceKind(parts),
      filesSourceKind(parts),
      sftpSourceKind(parts),
    ],
    steps: [
      mapStep({
        'hl7v2-to-fhir': mapHl7({ 'hl7v2-to-fhir': parts.hl7ToFhir }),
        'fhir-to-hl7v2': mapFhir(parts.fhirToHl7),
      }),
      editHl7({
        load: parts.editRows,
        fallbackCharset: parts.site.fallbackCharset,
      }),
      assembleStudy(parts.site),
      routeStudy((model) => priorNeedsOf(parts.models, model)),
      reportFinding(parts.site),
      reidentifyResult((message, settings) => turnMessageBack(message, settings, parts.running())),
    ],
    destinations: [
      fhirDestinationKind(parts),
      hl7DestinationKind(parts),
      filesDestinationKind(parts),
      sftpDestinationKind(parts),
      mayDeidentify(stowDestinationKind(parts), parts),
      archiveDestinationKind(parts),
      mayDeidentify(dimseDestinationKind(parts), parts),
      pacsDestinationKind(parts),
      gridKind(parts),
      nullKind,
    ],
  });
  return { ...kinds, fallbackCharset: parts.site.fallbackCharset };
}

/** Who sends over HTTP: the subject of the token. */
const senderOf = (request: FastifyRequest): string => request.caller?.subject ?? '';

/** `dicomweb` as a door: STOW-RS under `/dicomweb`. */
function dicomwebSourceKind({ config, running }: CatalogParts): SourceKind<unknown> {
  return {
    kind: 'dicomweb',
    messageKind: 'dicom',
    settings: z.strictObject({}),
    door: () => '/dicomweb',
    create() {
      const { ports, httpSources } = running();
      const limits = { ...config.dicomweb.limits, diskFreeBytesMin: config.disk.freeBytesMin };
      const source = createStowSource({ ...ports, senderOf, limits });
      httpSources.push(source);
      return source;
    },
  };
}

/** A model that is not installed here wants nothing: the grid says that there is none. */
function priorNeedsOf({ models }: ModelRegistry, name: string): PriorNeeds | undefined {
  const manifest = models.find((model) => model.manifest.name === name)?.manifest;
  if (manifest?.priors === undefined) return undefined;
  const { count, modalities, sameBodyPart } = manifest.priors;
  return {
    count,
    sameBodyPart,
    modalities: modalities.length > 0 ? modalities : manifest.accepts.modalities,
  };
}

const gridSettings = z.strictObject({ model: z.string().optional() });

/** `grid` as a destination: the inference workers of this engine. */
function gridKind({ models, running }: CatalogParts): DestinationKind<z.output<typeof gridSettings>> {
  return {
    kind: 'grid',
    settings: gridSettings,
    takes: (contentType) => contentType === inferenceJobContentType,
    check({ model }) {
      if (model !== undefined) models.get(model);
    },
    create({ model }) {
      const { ports, pool } = running();
      return createGrid({ ...ports, models, pool, ...(model ? { model } : {}) });
    },
  };
}

const nullSettings = z.strictObject({
  takes: z.string().default('*'),
  concurrency: z.number().int().min(1).max(1024).optional(),
});

/** `null` as a destination: takes everything, or one content type, and keeps nothing. */
const nullKind: DestinationKind<z.output<typeof nullSettings>> = {
  kind: 'null',
  settings: nullSettings,
  takes: (contentType, { takes }) => takes === '*' || takes === contentType,
  create: ({ concurrency }) => createNullDestination(concurrency),
};
