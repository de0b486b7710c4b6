import { lookup as lookupName } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { type Config, type HostPattern, parseHostPattern } from '../../config/index.ts';
import { BitHiveError } from '../../core/errors.ts';

/** Whom the engine may connect to. */
export interface OutboundRules {
  /**
   * Refuses a host that no rule can allow. A name that only its address could allow passes here and is judged by `lookup`, at each connection.
   *
   * @param host a name or an address, an IPv6 one with or without brackets
   * @param byName for a connection that `lookup` does not see: a name must be allowed as such
   * @throws BH_CONFIG_OUTBOUND
   */
  check(host: string, byName?: boolean): void;
  /** For the connection: gives addresses that are allowed, or fails with the code BH_CONFIG_OUTBOUND. Absent: every host is allowed. */
  readonly lookup?: LookupFunction;
}

/** @param allow entries of `outbound.allow`, valid; none: an administrator's word in a channel file or setting is enough */
export function outboundRules(allow: readonly string[]): OutboundRules {
  if (allow.length === 0) return { check() {} };
  const patterns = allow.map(parseHostPattern).filter((pattern) => pattern !== null);
  const networks = new BlockList();
  for (const pattern of patterns) {
    if (pattern.kind === 'network') networks.addSubnet(pattern.address, pattern.prefixBits, pattern.family);
  }
  const hasNetworks = patterns.some(({ kind }) => kind === 'network');
  const isIn = (address: string) => networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  const isNamed = (name: string) => patterns.some((pattern) => names(pattern, name));
  return {
    check(host, byName = false) {
      const name = plain(host);
      const isAllowed = isIP(name) === 0 ? isNamed(name) || (hasNetworks && !byName) : isIn(name);
      if (!isAllowed) throw refused(name, 'is not in outbound.allow');
    },
    lookup(host, options, done) {
      if (isNamed(plain(host))) return lookupName(host, options, done);
      lookupName(host, { ...options, all: true }, (error, found) => {
        if (error) return done(error, '');
        const allowed = found.filter(({ address }) => isIn(address));
        const [first] = allowed;
        if (first === undefined) {
          const where = found.map(({ address }) => address).join(', ');
          return done(refused(host, `is at ${where}, which is not in outbound.allow`), '');
        }
        return options.all ? done(null, allowed) : done(null, first.address, first.family);
      });
    },
  };
}

const plain = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');

function names(pattern: HostPattern, host: string): boolean {
  if (pattern.kind === 'name') return pattern.name === host;
  return pattern.kind === 'below' && host.endsWith(pattern.suffix);
}

const refused = (host: string, why: string) => new BitHiveError('BH_CONFIG_OUTBOUND', `${host} ${why}`);

/**
 * Refuses settings that name a host outside the rules.
 *
 * @throws BH_CONFIG_OUTBOUND with the setting's key
 */
export function checkSettingHosts(config: Config, rules: OutboundRules): void {
  const named = [
    { key: 'alerts.webhook', url: config.alerts.webhook, byName: false },
    { key: 'http.auth.oidc.jwksUri', url: config.http.auth.oidc?.jwksUri, byName: true },
  ];
  for (const { key, url, byName } of named) {
    if (url === undefined) continue;
    try {
      rules.check(new URL(url).hostname, byName);
    } catch (error) {
      if (!(error instanceof BitHiveError)) throw error;
      throw new BitHiveError(error.code, `${key}: ${error.detail}`, { cause: error });
    }
  }
}
