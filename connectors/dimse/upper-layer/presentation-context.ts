import type { AnsweredContext, ProposedContext, RoleSelection } from './pdu.ts';

/** A presentation context that both sides agreed to. */
export interface PresentationContext {
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntax: string;
}

/** What an acceptor takes. */
export interface ContextRules {
  isSupported(abstractSyntax: string): boolean;
  /** The one that is taken among those proposed; null where none is. */
  choose(abstractSyntax: string, proposed: readonly string[]): string | null;
}

export interface Negotiated {
  readonly answers: readonly AnsweredContext[];
  readonly contexts: ReadonlyMap<number, PresentationContext>;
}

const accepted = 0;
const abstractSyntaxNotSupported = 3;
const transferSyntaxesNotSupported = 4;

/** The acceptor's answer to each proposed context, in its order (PS3.8 9.3.3.2). */
export function negotiate(proposed: readonly ProposedContext[], rules: ContextRules): Negotiated {
  const contexts = new Map<number, PresentationContext>();
  const answers = proposed.map(({ id, abstractSyntax, transferSyntaxes }): AnsweredContext => {
    // Of no meaning, and yet to be there: readers take the item for broken without it.
    const any = transferSyntaxes[0] ?? '';
    if (!rules.isSupported(abstractSyntax)) {
      return { id, result: abstractSyntaxNotSupported, transferSyntax: any };
    }
    const transferSyntax = rules.choose(abstractSyntax, transferSyntaxes);
    if (transferSyntax === null) return { id, result: transferSyntaxesNotSupported, transferSyntax: any };
    contexts.set(id, { id, abstractSyntax, transferSyntax });
    return { id, result: accepted, transferSyntax };
  });
  return { answers, contexts };
}

/** What a requester may use of what it proposed. */
export function agreed(
  proposed: readonly ProposedContext[],
  answers: readonly AnsweredContext[],
): ReadonlyMap<number, PresentationContext> {
  const contexts = new Map<number, PresentationContext>();
  for (const { id, result, transferSyntax } of answers) {
    const offer = proposed.find((context) => context.id === id);
    // A syntax that was not offered can't be spoken.
    if (result !== accepted || !offer?.transferSyntaxes.includes(transferSyntax)) continue;
    contexts.set(id, { id, abstractSyntax: offer.abstractSyntax, transferSyntax });
  }
  return contexts;
}

/** Roles as an acceptor takes them: both sides may be whatever the requester proposes (PS3.7 D.3.3.4.2). */
export const agreedRoles = (proposed: readonly RoleSelection[], isSupported: (uid: string) => boolean) =>
  proposed.filter(({ sopClassUid }) => isSupported(sopClassUid));
