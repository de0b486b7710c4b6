import type { z } from 'zod';
import type { MessageKind } from '../../core/message.ts';
import type { Destination, Source } from '../../core/ports/index.ts';
import type { Step } from '../process/step.ts';
import type { AckMoment } from './definition.ts';

/** What a source may know of its channel when it is built. */
export interface SourceContext {
  readonly channel: string;
  readonly ack: AckMoment;
}

export interface SourceKind<S> {
  readonly kind: string;
  /** Kinds of message that come in at this door; a filter and a key are read from these. */
  readonly messageKind: MessageKind | ((settings: S) => MessageKind);
  readonly settings: z.ZodType<S>;
  /** The address that only one channel can have, `127.0.0.1:2575` or `/fhir`; null where none is fixed (port 0). */
  door?(settings: S): string | null;
  /** What can be told wrong before anything is opened: files, keys, exposure. Throws BH_CONFIG_*. */
  check?(settings: S, context: SourceContext): void | Promise<void>;
  create(settings: S, context: SourceContext): Source | Promise<Source>;
}

export interface DestinationKind<S> {
  readonly kind: string;
  readonly settings: z.ZodType<S>;
  /** False where the site has no such receiver: a channel runs without the destination then. Absent: it always has. */
  isThere?(settings: S): boolean;
  /** Whether it sends a product of this content type. */
  takes(contentType: string, settings: S): boolean;
  /** Whether what it sends leaves without the patient. */
  deidentifies?(settings: S): boolean;
  /** What can be told wrong before anything is opened: files, keys, hosts. Throws BH_CONFIG_*, BH_MODEL_UNKNOWN. */
  check?(settings: S): void | Promise<void>;
  create(
    settings: S,
    context: { readonly channel: string; readonly name: string },
  ): Destination | Promise<Destination>;
}

export interface StepKind<S> {
  readonly kind: string;
  readonly settings: z.ZodType<S>;
  /** What it does depends on the version of the map. */
  readonly readsMap?: boolean;
  create(settings: S, context: { readonly channel: string }): Step;
}

/** Everything that a channel file can name. The composition root fills it; `pipelines` never imports a connector. */
export interface ChannelCatalog {
  readonly sources: ReadonlyMap<string, SourceKind<unknown>>;
  readonly destinations: ReadonlyMap<string, DestinationKind<unknown>>;
  readonly steps: ReadonlyMap<string, StepKind<unknown>>;
  /** Charset of HL7 v2 messages that declare none. */
  readonly fallbackCharset?: string;
}

/** A typed kind as the catalog holds it. The settings have passed its own schema before `create` sees them. */
export function catalogOf(kinds: {
  // biome-ignore lint/suspicious/noExplicitAny: the map holds kinds of different settings; each is only ever given its own.
  sources: readonly SourceKind<any>[];
  // biome-ignore lint/suspicious/noExplicitAny: as above
  destinations: readonly DestinationKind<any>[];
  // biome-ignore lint/suspicious/noExplicitAny: as above
  steps: readonly StepKind<any>[];
}): ChannelCatalog {
  return {
    sources: new Map(kinds.sources.map((kind) => [kind.kind, kind])),
    destinations: new Map(kinds.destinations.map((kind) => [kind.kind, kind])),
    steps: new Map(kinds.steps.map((kind) => [kind.kind, kind])),
  };
}
