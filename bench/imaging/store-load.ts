import { objectBytes, pixelHeader } from '../../test/connectors/dicomweb/object-bytes.ts';
import { storeRq } from '../../test/dimse/command-bytes.ts';
import { fileParts } from '../../test/dimse/file-parts.ts';
import { dataPdus, type ProposedContext, pdu, pduTypes, pdv } from '../../test/dimse/pdu-bytes.ts';
import { RawAssociation } from '../../test/dimse/raw-association.ts';
import type { Peer } from '../../test/imaging/dcmtk.ts';
import type { RoundLoad } from '../rounds.ts';
import { nextSlice } from '../stow/ct-slice.ts';

const context: ProposedContext = {
  id: 1,
  abstractSyntax: '1.2.840.10008.5.1.4.1.1.2',
  transferSyntaxes: ['1.2.840.10008.1.2.1'],
};

async function associated({ port, aet }: Peer): Promise<RawAssociation> {
  const association = await RawAssociation.connect(port);
  const accepted = await association.associate({
    calledAet: aet,
    contexts: [context],
    maximumLength: 131_072,
  });
  if (accepted?.get(1) !== 0) throw new TypeError(`${aet} takes no CT images`);
  return association;
}

/** Instances per second that were answered 0000H, CT slices of 512 KB, over so many associations. */
export async function storedPerSecond(peer: Peer, load: RoundLoad): Promise<number> {
  const startMs = performance.now();
  const measureFromMs = startMs + load.warmUpMs;
  const endMs = measureFromMs + load.durationMs;
  let measured = 0;
  let lastMs = measureFromMs;
  const send = async (): Promise<void> => {
    const association = await associated(peer);
    while (performance.now() < endMs) {
      const { sopInstanceUid, header, pixels } = nextSlice();
      const { dataSet } = fileParts(Buffer.concat([header, pixels]));
      const status = await association.store(context, sopInstanceUid, dataSet);
      if (status !== 0) throw new TypeError(`${peer.aet} answered ${status}`);
      if (performance.now() < measureFromMs) continue;
      measured += 1;
      lastMs = performance.now();
    }
    await association.release();
  };
  await Promise.all(Array.from({ length: load.connections }, send));
  return (measured * 1000) / (lastMs - measureFromMs);
}

/** Sends one object with so many bytes of pixels, none of which is in memory twice. */
export async function storeLargeObject(peer: Peer, pixelBytes: number): Promise<void> {
  const association = await associated(peer);
  const { sopInstanceUid, dataSet } = fileParts(objectBytes({ sopInstanceUid: `1.2.826.${process.pid}` }));
  for (const one of dataPdus(1, true, storeRq(1, context.abstractSyntax, sopInstanceUid), 16_384))
    await association.send(one);
  const send = async (bytes: Uint8Array, isLast: boolean): Promise<void> =>
    association.send(pdu(pduTypes.data, pdv({ contextId: 1, isCommand: false, isLast, bytes })));
  await send(Buffer.concat([dataSet, pixelHeader(pixelBytes)]), false);
  const piece = Buffer.alloc(64 * 1024, 0x5a);
  for (let sent = 0; sent < pixelBytes; sent += piece.length)
    await send(piece, sent + piece.length >= pixelBytes);
  const status = await association.status(120_000);
  if (status !== 0) throw new TypeError(`the large object was answered with ${status}`);
  await association.release();
}
