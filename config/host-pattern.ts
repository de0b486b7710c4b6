import { isIP } from 'node:net';

/** Whom an entry of `outbound.allow` names. */
export type HostPattern =
  | { readonly kind: 'name'; readonly name: string }
  /** `*.hospital.example`: every name below it, not itself. */
  | { readonly kind: 'below'; readonly suffix: string }
  /** An address, or a network in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3). */
  | {
      readonly kind: 'network';
      readonly address: string;
      readonly prefixBits: number;
      readonly family: 'ipv4' | 'ipv6';
    };

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const hostName = new RegExp(`^${label}(?:\\.${label})*$`);

/** null for what is neither a host name, `*.name`, an address nor a network. */
export function parseHostPattern(text: string): HostPattern | null {
  const lower = text.toLowerCase();
  const [address = '', bits, ...rest] = lower.split('/');
  const version = isIP(address);
  if (version !== 0) {
    const widest = version === 4 ? 32 : 128;
    const prefixBits = bits === undefined ? widest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
    if (rest.length > 0 || !(prefixBits <= widest)) return null;
    return { kind: 'network', address, prefixBits, family: version === 4 ? 'ipv4' : 'ipv6' };
  }
  if (lower.startsWith('*.') && hostName.test(lower.slice(2)))
    return { kind: 'below', suffix: lower.slice(1) };
  // A name whose last label is a number would be read as an address by some and not by others (RFC 3696 §2).
  if (!hostName.test(lower) || /(^|\.)\d+$/.test(lower)) return null;
  return { kind: 'name', name: lower };
}

export const isHostPattern = (text: string): boolean => parseHostPattern(text) !== null;
