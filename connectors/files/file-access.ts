/** A regular file of a folder. */
export interface FileEntry {
  readonly name: string;
  readonly bytesCount: number;
  readonly modifiedAtMs: number;
}

/**
 * Folders and files, here or on another machine. Paths are made with `join`. Every method throws BH_FILE_IO (BH_FILE_HOST_KEY of SFTP) where
 * the other side fails; a file that is not there is an answer, not a fault.
 */
export interface FileAccess {
  /** Names the machine in lanes and logs: empty here, `sftp://host:port` there. */
  readonly place: string;
  join(folder: string, name: string): string;
  /** Regular files only: no folders, no links. */
  list(folder: string): Promise<readonly FileEntry[]>;
  makeFolder(path: string): Promise<void>;
  /** Moves atomically, over a file that has the new name. False when there is nothing to move: somebody else did. */
  move(from: string, to: string): Promise<boolean>;
  exists(path: string): Promise<boolean>;
  read(path: string): AsyncIterable<Uint8Array>;
  /** Content is durable when it resolves, as far as the other side can say so. */
  write(path: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes names of a folder durable. */
  syncFolder(path: string): Promise<void>;
  close(): Promise<void>;
}
