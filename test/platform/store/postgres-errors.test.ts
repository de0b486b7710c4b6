import { describe, expect, test } from '@jest/globals';
import { isConnectionFault, storageError } from '../../../platform/store/postgres/faults.ts';

const serverError = (code: string, message = 'what the server says') =>
  Object.assign(new Error(message), { code });

describe('PostgreSQL: what an error of the server means', () => {
  test.each([
    ['disk full', serverError('53100'), 'BH_STORE_FULL'],
    [
      'disk full, without a state of its own',
      serverError('XX000', 'could not write to file "base/1": No space left on device'),
      'BH_STORE_FULL',
    ],
    [
      'quota, without a state of its own',
      serverError('XX000', 'could not extend file: Disk quota exceeded'),
      'BH_STORE_FULL',
    ],
    ['out of memory', serverError('53200'), 'BH_STORE_BUSY'],
    ['a lock that was waited for in vain', serverError('55P03'), 'BH_STORE_BUSY'],
    ['a statement that took too long', serverError('57014'), 'BH_STORE_BUSY'],
    ['a deadlock', serverError('40P01'), 'BH_STORE_BUSY'],
    ['too many connections', serverError('53300'), 'BH_STORE_IO'],
    ['an error of the disk', serverError('58030'), 'BH_STORE_IO'],
    ['a damaged page', serverError('XX001'), 'BH_STORE_IO'],
    ['a server that shuts down', serverError('57P01'), 'BH_STORE_IO'],
    ['a standby', serverError('25006'), 'BH_STORE_IO'],
    ['a socket that was refused', serverError('ECONNREFUSED'), 'BH_STORE_IO'],
  ])('%s', (_name, error, code) => {
    expect(storageError(error)).toMatchObject({ code, cause: error });
  });

  test('a bug of ours is none of them', () => {
    expect(storageError(serverError('42601', 'syntax error'))).toBeNull();
    expect(storageError(serverError('23505', 'duplicate key'))).toBeNull();
  });

  test('a full disk is no lost connection: the session goes on', () => {
    expect(isConnectionFault(serverError('53100'))).toBe(false);
  });
});
