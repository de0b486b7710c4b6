import { advisory } from '../advisory.ts';
import type { Session, Statement } from '../session-pool.ts';

const lockStatement: Statement = {
  name: 'lock-definitions',
  text: `SELECT pg_advisory_xact_lock(${advisory.definitions.join(', ')})`,
};
const latestStatement: Statement = {
  name: 'latest-channel',
  text: 'SELECT version, text FROM channels WHERE channel = $1 ORDER BY version DESC LIMIT 1',
};
const insertStatement: Statement = {
  name: 'insert-channel',
  text: 'INSERT INTO channels VALUES ($1, $2, $3, $4)',
};

/** Versions of channel texts. The highest is in force; going back to an earlier text is a new version. */
export async function deployChannel(
  session: Session,
  { channel, text, nowMs }: { readonly channel: string; readonly text: string; readonly nowMs: number },
): Promise<number> {
  await session.query(lockStatement);
  const [latest] = await session.query<{ version: number; text: string }>(latestStatement, [channel]);
  const version = latest?.version ?? 0;
  if (latest?.text === text) return version;
  await session.query(insertStatement, [channel, version + 1, text, nowMs]);
  return version + 1;
}
