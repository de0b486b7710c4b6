import type { ProposedContext, RoleSelection } from '../upper-layer/pdu.ts';
import type { ObjectKind } from './outgoing-object.ts';

/** A context has an odd id up to 255 (PS3.8 9.3.2.2). */
export const contextsMax = 128;

/** Transfer syntaxes of identifiers and attribute lists, the one that names VRs first. */
const nativeSyntaxes = ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2'];

/** One context for each service. */
export function proposeServices(sopClassUids: readonly string[], firstId = 1): readonly ProposedContext[] {
  return sopClassUids.map((abstractSyntax, at) => ({
    id: firstId + 2 * at,
    abstractSyntax,
    transferSyntaxes: nativeSyntaxes,
  }));
}

/**
 * One context for each pair of SOP class and transfer syntax: objects leave as they are, so each must be agreed to by itself. What is over
 * the limit is left out.
 */
export function proposeObjects(
  kinds: Iterable<Omit<ObjectKind, 'sopInstanceUid'>>,
  firstId = 1,
): readonly ProposedContext[] {
  const pairs = new Map<string, readonly [string, string]>();
  for (const { sopClassUid, transferSyntaxUid } of kinds)
    pairs.set(`${sopClassUid} ${transferSyntaxUid}`, [sopClassUid, transferSyntaxUid]);
  return [...pairs.values()]
    .slice(0, contextsMax - (firstId - 1) / 2)
    .map(([abstractSyntax, transferSyntax], at) => ({
      id: firstId + 2 * at,
      abstractSyntax,
      transferSyntaxes: [transferSyntax],
    }));
}

/** The roles that let objects of these SOP classes come back over the same association (C-GET, PS3.4 C.5.3). */
export const storageRoles = (sopClassUids: Iterable<string>): readonly RoleSelection[] =>
  [...new Set(sopClassUids)].map((sopClassUid) => ({ sopClassUid, isScu: false, isScp: true }));
