import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { OutboundConnection, type Receiver } from '../../connectors/hl7v2/outbound-connection.ts';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { parseAck, parseMessage } from '../../formats/hl7v2/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { messagesOfFile } from './hl7-file.ts';
import { tlsFlags, tlsOf, wholeNumber } from './remote-flags.ts';
import { type Call, exitCodes, jsonFlag, type Verb, type World } from './verb.ts';

interface Sent {
  readonly controlId: string;
  /** MSA-1, or what happened instead of an answer. */
  readonly result: string;
  readonly answer?: string;
}

export const hl7Send: Verb = {
  usage: {
    name: 'hl7 send',
    summary: 'Sends the HL7 v2 messages of a file over MLLP and prints the answers.',
    words: ['FILE'],
    flags: [
      { name: 'host', takes: 'NAME', description: 'Receiver; 127.0.0.1 when absent.' },
      { name: 'port', takes: 'NUMBER', description: 'Its port; 2575 when absent.' },
      {
        name: 'timeout-ms',
        takes: 'NUMBER',
        description: 'How long an answer is awaited; 30000 when absent.',
      },
      ...tlsFlags,
      jsonFlag,
    ],
    takesSettings: false,
    example: 'bithive hl7 send admission.hl7 --port 2575',
  },
  async run(call, world) {
    const path = resolve(world.cwd, call.words[0] ?? '');
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new BitHiveError('BH_CLI_USAGE', `${path} cannot be read`, { cause });
    });
    const messages = messagesOfFile(bytes);
    if (messages.length === 0)
      throw new BitHiveError('BH_HL7_NOT_HL7', `${path} holds no line that begins with MSH`);
    const receiver = await receiverOf(call, world);
    const signal = new AbortController().signal;
    const connection = await OutboundConnection.open(receiver, signal);
    let isAllAccepted = true;
    try {
      for (const message of messages) {
        const sent = await send(connection, message, signal);
        isAllAccepted &&= /^[AC]A$/.test(sent.result);
        world.print(call.has('json') ? JSON.stringify(sent) : textOf(sent));
        // After anything but an answer the connection is of no use, and a later message must not overtake this one.
        if (sent.answer === undefined) break;
      }
    } finally {
      connection.close();
    }
    return isAllAccepted ? exitCodes.ok : exitCodes.failed;
  },
};

async function send(connection: OutboundConnection, message: Uint8Array, signal: AbortSignal): Promise<Sent> {
  const controlId = parseMessage(message).get('MSH-10');
  const result = await connection.exchange(message, false, signal);
  if (result.kind !== 'answered') return { controlId, result: result.kind };
  const answer = Buffer.from(result.bytes).toString('utf8');
  const ack = parseAck(parseMessage(result.bytes));
  return { controlId, result: ack?.code ?? 'no acknowledgement', answer };
}

function textOf({ controlId, result, answer }: Sent): string {
  const lines = (answer ?? '').split('\r').filter((line) => line !== '');
  return [`${controlId || '(no MSH-10)'}: ${result}`, ...lines.map((line) => `  ${line}`)].join('\n');
}

async function receiverOf(call: Call, world: World): Promise<Receiver> {
  const tls = await tlsOf(call, world);
  return {
    host: call.flag('host') ?? '127.0.0.1',
    port: wholeNumber(call, 'port', 2575, 65_535),
    connectMs: 10_000,
    answerMs: wholeNumber(call, 'timeout-ms', limits.hl7AnswerMs, 3_600_000),
    clock: systemClock,
    ...(tls === undefined ? {} : { tls }),
  };
}
