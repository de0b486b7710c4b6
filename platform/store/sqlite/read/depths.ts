import type { Knex } from 'knex';
import type { Depths } from '../../../../core/ports/index.ts';
import { stateCode, statusCode } from '../codes.ts';
import type { Row } from '../driver.ts';

const failed = `state IN (${stateCode.dead}, ${stateCode.unknown})`;

type Destination = {
  -readonly [Name in keyof Depths['destinations'][number]]: Depths['destinations'][number][Name];
};

/** How much waits and how much failed. Each count walks a partial index that holds only what it counts. */
export async function readDepths(knex: Knex): Promise<Depths> {
  const received: Row[] = await knex('messages')
    .select('channel', knex.raw('count(*) AS received'), knex.raw('min(seq) AS oldest'))
    .whereRaw(`status = ${statusCode.received}`)
    .groupBy('channel');
  const oldest: Row[] = await knex('messages')
    .select('seq', 'received_at')
    .whereIn(
      'seq',
      received.map((row) => row.oldest as number),
    );
  const receivedAt = new Map(oldest.map((row) => [row.seq, row.received_at as number]));
  const ended: Row[] = await knex('deliveries')
    .select('channel', 'destination', 'state', knex.raw('count(*) AS count'))
    .whereRaw(failed)
    .groupBy('channel', 'destination', 'state');
  return {
    channels: received.map((row) => ({
      channel: row.channel as string,
      received: row.received as number,
      oldestReceivedAtMs: receivedAt.get(row.oldest!) ?? null,
    })),
    destinations: joinDestinations(await readOpened(knex), ended),
  };
}

/** Each open state has an index of its own; the lowest id of each is the oldest, for ids are given in order of creation. */
async function readOpened(knex: Knex): Promise<readonly Row[]> {
  const opened: Row[] = [];
  for (const state of [stateCode.queued, stateCode.due, stateCode.leased]) {
    const rows: Row[] = await knex('deliveries')
      .select('channel', 'destination', knex.raw('count(*) AS open'), knex.raw('min(id) AS oldest'))
      .whereRaw(`state = ${state}`)
      .groupBy('channel', 'destination');
    opened.push(...rows);
  }
  const oldest: Row[] = await knex('deliveries')
    .select('id', 'created_at')
    .whereIn(
      'id',
      opened.map((row) => row.oldest as number),
    );
  const createdAt = new Map(oldest.map((row) => [row.id, row.created_at as number]));
  return opened.map((row) => ({ ...row, oldest: createdAt.get(row.oldest!) ?? null }));
}

function joinDestinations(opened: readonly Row[], ended: readonly Row[]): Destination[] {
  const byName = new Map<string, Destination>();
  const entry = (row: Row): Destination => {
    const channel = row.channel as string;
    const destination = row.destination as string;
    const name = JSON.stringify([channel, destination]);
    const known = byName.get(name) ?? {
      channel,
      destination,
      open: 0,
      dead: 0,
      unknown: 0,
      oldestCreatedAtMs: null,
    };
    byName.set(name, known);
    return known;
  };
  for (const row of opened) {
    const known = entry(row);
    known.open += row.open as number;
    // It may have ended between the two questions.
    const oldest = (row.oldest ?? known.oldestCreatedAtMs) as number | null;
    known.oldestCreatedAtMs = oldest === null ? null : Math.min(known.oldestCreatedAtMs ?? oldest, oldest);
  }
  for (const row of ended) {
    const name = row.state === stateCode.dead ? 'dead' : 'unknown';
    entry(row)[name] = row.count as number;
  }
  return [...byName.values()];
}
