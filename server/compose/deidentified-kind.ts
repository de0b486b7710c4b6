import { z } from 'zod';
import { dicomContentType, dicomResultContentType } from '../../core/dicom-object.ts';
import { deidentifySchema, policyOf, pseudonymsOf, sentByOf } from '../../mappings/deidentify/index.ts';
import type { DestinationKind } from '../../pipelines/channel/catalog.ts';
import type { CatalogParts } from './catalog.ts';
import { deidentifiedDestination } from './deidentified-destination.ts';
import { deidentifyKey } from './deidentify-key.ts';
import { sentRecords } from './sent-records.ts';

/** Settings of a destination, and how what it sends is de-identified; without it objects leave as they are. */
export interface MayDeidentify<S> {
  readonly own: S;
  readonly deidentify: z.output<typeof deidentifySchema> | undefined;
}

/** Only objects can be de-identified: a question about a study names it. */
const objects: ReadonlySet<string> = new Set([dicomContentType, dicomResultContentType]);

/** Gives a kind of destination that sends DICOM objects the setting `deidentify`. */
export function mayDeidentify<S>(
  kind: DestinationKind<S>,
  { config, keys, running }: Pick<CatalogParts, 'config' | 'keys' | 'running'>,
): DestinationKind<MayDeidentify<S>> {
  return {
    kind: kind.kind,
    settings: withDeidentify(kind.settings),
    takes: (contentType, { own, deidentify }) =>
      (deidentify === undefined || objects.has(contentType)) && kind.takes(contentType, own),
    deidentifies: ({ deidentify }) => deidentify !== undefined,
    async check({ own, deidentify }) {
      if (deidentify?.key !== undefined) pseudonymsOf(await keys.secret(deidentify.key));
      await kind.check?.(own);
    },
    async create({ own, deidentify }, context) {
      const inner = await kind.create(own, context);
      if (deidentify === undefined) return inner;
      const { ports, pseudonymKeys, deidentifyThread: thread } = running();
      const { random, blobs } = ports;
      const secret = await deidentifyKey(deidentify.key, { config, keys, random });
      const policy = policyOf(deidentify);
      pseudonymKeys.add(context, secret);
      const leaves = sentRecords({ ...ports, ...context, ...sentByOf(policy) });
      return deidentifiedDestination(inner, { policy, secret, thread, blobs, leaves });
    },
  };
}

/** What the destination's own schema finds wrong keeps its place. */
function withDeidentify<S>(own: z.ZodType<S>): z.ZodType<MayDeidentify<S>> {
  return z
    .looseObject({ deidentify: deidentifySchema.optional() })
    .transform(({ deidentify, ...rest }, context): MayDeidentify<S> => {
      const result = own.safeParse(rest);
      if (result.success) return { own: result.data, deidentify };
      for (const { message, path, ...issue } of result.error.issues)
        context.issues.push({ ...issue, message, path, input: rest } as never);
      return z.NEVER;
    });
}
