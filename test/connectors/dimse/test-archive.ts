import { createServer, type Server } from 'node:net';
import { commandFields } from '../../../connectors/dimse/message/command-fields.ts';
import type { CommandSet } from '../../../connectors/dimse/message/command-set.ts';
import { serveAssociation } from '../../../connectors/dimse/scp/serve-association.ts';
import { respond, type Service } from '../../../connectors/dimse/scp/service.ts';
import { readWhole, writeFor } from '../../../connectors/dimse/scu/identifier.ts';
import { proposeObjects } from '../../../connectors/dimse/scu/proposals.ts';
import { store } from '../../../connectors/dimse/scu/store.ts';
import { acceptAssociation } from '../../../connectors/dimse/upper-layer/accept-association.ts';
import type { Association, DimseMessage } from '../../../connectors/dimse/upper-layer/association.ts';
import { requestAssociation } from '../../../connectors/dimse/upper-layer/request-association.ts';
import { silentLogger } from '../../../core/ports/index.ts';
import {
  type DicomDataset,
  datasetOf,
  instanceFacts,
  type KeywordValue,
  readDataset,
} from '../../../formats/dicom/index.ts';
import { systemClock } from '../../../platform/clock.ts';

/** An archive for tests on a machine without one: it answers queries from a list and sends its objects by C-GET and C-MOVE. */
export interface TestArchive {
  readonly port: number;
  /** Command fields and statuses of what was asked, in order. */
  readonly asked: number[];
  close(): Promise<void>;
}

export interface ArchiveOptions {
  /** Matches of a C-FIND; a function of the identifier. */
  readonly matches?: (identifier: DicomDataset) => readonly Readonly<Record<string, KeywordValue>>[];
  /** Files that C-GET and C-MOVE send. */
  readonly files?: (identifier: DicomDataset) => readonly Buffer[];
  /** Where C-MOVE sends. */
  readonly moveTo?: { readonly host: string; readonly port: number; readonly ae: string };
  /** Status of C-STORE; 0 when absent. */
  readonly storeStatus?: (command: CommandSet) => number;
  readonly services?: (association: Association) => ReadonlyMap<number, Service>;
  readonly supports?: (abstractSyntax: string) => boolean;
}

const pending = 0xff00;
const answerMs = 10_000;

export async function startArchive(options: ArchiveOptions = {}): Promise<TestArchive> {
  const asked: number[] = [];
  const server: Server = createServer({ noDelay: true }, (socket) => {
    void acceptAssociation(socket, {
      clock: systemClock,
      judge: () => null,
      pduBytesMax: 16_384,
      artimMs: answerMs,
      progressMs: answerMs,
      rules: {
        isSupported: options.supports ?? (() => true),
        choose: (_, proposed) => proposed[0] ?? null,
      },
    }).then(
      (association) =>
        serveAssociation(association, {
          services: noting(
            asked,
            new Map([...services(options), ...(options.services?.(association) ?? [])]),
          ),
          idleMs: answerMs,
          logger: silentLogger,
          isStopping: () => false,
          waits: (isIdle) => {
            if (isIdle) return;
          },
        }),
      () => {},
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no address');
  return {
    port: address.port,
    asked,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const noting = (asked: number[], services: ReadonlyMap<number, Service>): ReadonlyMap<number, Service> =>
  new Map(
    [...services].map(([field, service]) => [
      field,
      (message, association) => {
        asked.push(field);
        return service(message, association);
      },
    ]),
  );

function services(options: ArchiveOptions): ReadonlyMap<number, Service> {
  return new Map<number, Service>([
    [commandFields.cEchoRq, (message, association) => respond(association, message, 0)],
    [
      commandFields.cStoreRq,
      (message, association) => respond(association, message, options.storeStatus?.(message.command) ?? 0),
    ],
    [commandFields.cFindRq, (message, association) => answerFind(message, association, options)],
    [commandFields.cGetRq, (message, association) => answerGet(message, association, options)],
    [commandFields.cMoveRq, (message, association) => answerMove(message, association, options)],
  ]);
}

async function answerFind(message: DimseMessage, association: Association, { matches }: ArchiveOptions) {
  const identifier = await readWhole(message);
  for (const match of matches?.(identifier) ?? []) {
    await association.send(
      message.context,
      {
        commandField: 0x8020,
        respondedTo: message.command.messageId ?? 0,
        status: pending,
        hasDataSet: true,
      },
      writeFor(message.context, datasetOf(match)),
    );
  }
  await respond(association, message, 0);
}

async function answerGet(message: DimseMessage, association: Association, { files }: ArchiveOptions) {
  const counts = await sendAll(association, files?.(await readWhole(message)) ?? []);
  await association.send(message.context, final(message, counts));
}

async function answerMove(
  message: DimseMessage,
  association: Association,
  { files, moveTo }: ArchiveOptions,
) {
  const sent = files?.(await readWhole(message)) ?? [];
  if (moveTo === undefined || message.command.moveDestination !== moveTo.ae) {
    await respond(association, message, 0xa801, { errorComment: 'unknown move destination' });
    return;
  }
  const kinds = sent.map((file) => instanceFacts(readDataset(file)));
  const to = await requestAssociation(
    { ...moveTo, calledAe: moveTo.ae, callingAe: 'ARCHIVE' },
    { clock: systemClock, contexts: proposeObjects(kinds) },
  );
  const counts = await sendAll(to, sent);
  await to.release(answerMs);
  await association.send(message.context, final(message, counts));
}

const final = ({ command }: DimseMessage, counts: { completed: number; failed: number }): CommandSet => ({
  commandField: command.commandField | 0x8000,
  respondedTo: command.messageId ?? 0,
  status: counts.failed > 0 ? 0xb000 : 0,
  warning: 0,
  hasDataSet: false,
  ...counts,
});

async function sendAll(association: Association, files: readonly Buffer[]) {
  let completed = 0;
  for (const file of files) {
    const kind = instanceFacts(readDataset(file));
    const dataSet = file.subarray(144 + file.readUInt32LE(140));
    const { status } = await store(association, { ...kind, dataSet }, answerMs);
    if (status === 0) completed += 1;
  }
  return { completed, failed: files.length - completed };
}
