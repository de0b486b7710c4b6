import { explicitBigEndian, implicitLittleEndian } from '../../../formats/dicom/transfer-syntax.ts';
import { servedSopClasses } from '../sop-classes.ts';
import { storageSopClasses } from '../tables/storage-sop-classes.ts';
import type { ContextRules } from '../upper-layer/presentation-context.ts';

/** Transfer syntaxes of PS3.6; all are stored as they are. Those of real-time video (1.2.840.10008.1.2.7) have no data set to store. */
const standardSyntax = /^1\.2\.840\.10008\.1\.2(\.(?!7(\.|$))\d+)*$/;
/** Its data set names no VRs, or in an order of bytes that few read: taken where nothing better is offered. */
const lastResort: ReadonlySet<string> = new Set([implicitLittleEndian, explicitBigEndian]);
const nativeSyntaxes: ReadonlySet<string> = new Set([
  implicitLittleEndian,
  '1.2.840.10008.1.2.1',
  explicitBigEndian,
]);

const standardRoot = '1.2.840.10008.';

/**
 * Which presentation contexts the engine accepts: every storage SOP class of PS3.6, the services that it has, and with `takesUnknown` what
 * is no standard SOP class at all, as vendors have them for their own objects.
 */
export function contextRules({ takesUnknown }: { readonly takesUnknown: boolean }): ContextRules {
  return {
    isSupported: (uid) =>
      isStorage(uid) || servedSopClasses.has(uid) || (takesUnknown && !uid.startsWith(standardRoot)),
    choose(uid, proposed) {
      // What is not stored is read at once, and an N-service has nothing that a codec could compress.
      const readable = servedSopClasses.has(uid)
        ? (syntax: string) => nativeSyntaxes.has(syntax)
        : (syntax: string) => standardSyntax.test(syntax);
      const known = proposed.filter(readable);
      return known.find((syntax) => !lastResort.has(syntax)) ?? known[0] ?? null;
    },
  };
}

/** Where PS3.6 puts storage SOP classes: those of later editions than our table's are known by it. */
const storageRoot = '1.2.840.10008.5.1.4.1.1.';
/** Queries and retrievals that lie among them. */
const noStorage = /\.(200\.[456]|201\.[2-6])$/;

export const isStorage = (sopClassUid: string): boolean =>
  Object.hasOwn(storageSopClasses, sopClassUid) ||
  (sopClassUid.startsWith(storageRoot) && !noStorage.test(sopClassUid));
