/** PDU types of PS3.8 9.3.1. */
export const pduTypes = {
  associateRq: 1,
  associateAc: 2,
  associateRj: 3,
  data: 4,
  releaseRq: 5,
  releaseRp: 6,
  abort: 7,
} as const;

/** Type, a reserved byte, and the length of what follows. */
export const pduHeadBytes = 6;
/** Length of a presentation data value item, its context id and its control header (PS3.8 9.3.5.1, E.2). */
export const pdvHeadBytes = 6;

/** What a requester offers for one abstract syntax (PS3.8 9.3.2.2). */
export interface ProposedContext {
  /** Odd, 1 to 255. */
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
}

/** Result of PS3.8 9.3.3.2: 0 acceptance, 1 user rejection, 2 no reason, 3 abstract syntax and 4 transfer syntaxes not supported. */
export type ContextResult = 0 | 1 | 2 | 3 | 4;

export interface AnsweredContext {
  readonly id: number;
  readonly result: ContextResult;
  /** Of no meaning unless accepted. */
  readonly transferSyntax: string;
}

/** SCP/SCU role selection (PS3.7 D.3.3.4), as proposed by the requester or as agreed to by the acceptor. */
export interface RoleSelection {
  readonly sopClassUid: string;
  readonly isScu: boolean;
  readonly isScp: boolean;
}

export interface UserInformation {
  /** Largest P-DATA-TF that the sender of this takes, without its head; 0: no limit. */
  readonly pduBytesMax: number;
  readonly implementationClassUid: string;
  readonly implementationVersionName?: string;
  readonly roles: readonly RoleSelection[];
}

interface Associate {
  readonly calledAe: string;
  readonly callingAe: string;
  readonly user: UserInformation;
}

export interface AssociateRq extends Associate {
  readonly protocolVersion: number;
  readonly applicationContext: string;
  readonly contexts: readonly ProposedContext[];
}

export interface AssociateAc extends Associate {
  readonly contexts: readonly AnsweredContext[];
}

/** PS3.8 9.3.4. */
export interface Rejection {
  /** 1: for good; 2: for now. */
  readonly result: 1 | 2;
  /** 1: service user; 2: provider, ACSE; 3: provider, presentation. */
  readonly source: number;
  readonly reason: number;
}

/** PS3.8 9.3.8. */
export interface Abort {
  /** 0: service user; 2: service provider. */
  readonly source: number;
  readonly reason: number;
}

/** A piece of a presentation data value as it came off the wire: the PDV itself may be longer. */
export interface PdvPiece {
  readonly contextId: number;
  readonly isCommand: boolean;
  /** The last bytes of the last PDV of a command or data set. */
  readonly isEnd: boolean;
  readonly bytes: Uint8Array;
}

export type Pdu =
  | { readonly kind: 'associate-rq'; readonly request: AssociateRq }
  | { readonly kind: 'associate-ac'; readonly answer: AssociateAc }
  | { readonly kind: 'associate-rj'; readonly rejection: Rejection }
  | { readonly kind: 'data'; readonly piece: PdvPiece }
  | { readonly kind: 'release-rq' }
  | { readonly kind: 'release-rp' }
  | { readonly kind: 'abort'; readonly abort: Abort };

/** The DICOM application context (PS3.7 A.2.1). */
export const applicationContext = '1.2.840.10008.3.1.1.1';
