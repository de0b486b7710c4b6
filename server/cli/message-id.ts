import { BitHiveError } from '../../core/errors.ts';
import { type MessageId, messageId } from '../../core/ids.ts';

/** @throws BH_CLI_USAGE */
export function messageIdOf(word: string | undefined): MessageId {
  if (word !== undefined && /^[1-9]\d{0,14}$/.test(word)) return messageId(Number(word));
  throw new BitHiveError('BH_CLI_USAGE', 'ID: expected the number of a message');
}
