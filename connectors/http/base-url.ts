import { BitHiveError } from '../../core/errors.ts';

/** Scheme and host in lower case, no default port, no slash at the end: one server has one name. Throws BH_CONFIG_VALUE. */
export function baseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== '' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw new BitHiveError('BH_CONFIG_VALUE', 'the base URL is not an http or https address');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
