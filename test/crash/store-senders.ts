import { createHash } from 'node:crypto';
import { fileParts } from '../dimse/file-parts.ts';
import { RawAssociation } from '../dimse/raw-association.ts';
import { instanceOf, type StowLedger } from './stow-senders.ts';

/** Numbers of the instances that go by C-STORE, far from those of STOW-RS: each has UIDs of its own. */
const firstNumber = 1_000_000;
const success = 0x0000;

/** Sends one instance after the other by C-STORE until the engine is gone. The ledger's hashes are those of the data sets. */
export async function storeInstances(port: number, ledger: StowLedger, isOver: () => boolean): Promise<void> {
  const association = await RawAssociation.connect(port).catch(() => null);
  if (association === null) return;
  const { sopClassUid, transferSyntaxUid } = fileParts(instanceOf(firstNumber).bytes);
  const context = { id: 1, abstractSyntax: sopClassUid, transferSyntaxes: [transferSyntaxUid] };
  const contexts = await association.associate({ contexts: [context] });
  while (contexts !== null && !isOver()) {
    ledger.count += 1;
    const { bytes, sent } = instanceOf(firstNumber + ledger.count);
    const { dataSet } = fileParts(bytes);
    const instance = { ...sent, sha256: dataSetHash(bytes) };
    ledger.attempted.set(sent.sopInstanceUid, instance);
    const status = await association.store(context, sent.sopInstanceUid, dataSet);
    if (status === success) ledger.acknowledged.set(sent.sopInstanceUid, instance);
    if (status === null) break;
  }
  association.destroy();
}

/** SHA-256 of a file without its head, which the engine writes itself for what comes by C-STORE. */
export const dataSetHash = (file: Buffer): string =>
  createHash('sha256').update(fileParts(file).dataSet).digest('hex');
