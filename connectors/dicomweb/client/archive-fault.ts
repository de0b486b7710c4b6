import { BitHiveError } from '../../../core/errors.ts';

/** What a status that is no success says of a search or a retrieval: BH_DELIVERY_BUSY is worth another try, BH_DELIVERY_REFUSED is not. */
export function archiveFault(status: number, what: string): BitHiveError {
  const isTransient = [408, 425, 429].includes(status) || (status >= 500 && status !== 501 && status !== 505);
  return new BitHiveError(
    isTransient ? 'BH_DELIVERY_BUSY' : 'BH_DELIVERY_REFUSED',
    `${what}: the archive answered HTTP ${status}`,
  );
}
