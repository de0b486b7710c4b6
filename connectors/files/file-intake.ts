import type { Refusal } from '../../core/message.ts';
import type { Accept, Blobs } from '../../core/ports/index.ts';
import type { TakenFile } from './taken-file.ts';

/** What became of a file. Everything in it is durable either way. */
export interface FileVerdict {
  /** Absent: the file is done. Else it goes to the folder of errors with this reason. */
  readonly refusal?: Refusal;
  /** Messages of the file that were refused, by their number in it from 1. */
  readonly refused?: readonly (Refusal & { readonly message: number })[];
  /** Not as its headers and trailers say; taken all the same. */
  readonly issues?: readonly Refusal[];
  readonly messagesCount: number;
}

/** How the messages of a file are accepted. Rejects with BH_STORE_* when something could not be kept: the file is tried again. */
export type FileIntake = (file: TakenFile, accept: Accept, blobs: Blobs) => Promise<FileVerdict>;

/** A name for what has none of its own: the same file taken again, after a crash, is not a second message. */
export const fileDedupe = ({ name, contentHash }: TakenFile) => ({
  key: `file|${name}|${contentHash}`,
  contentHash,
});

/** Refusals that a reason file lists. */
export const refusedListedMax = 100;
