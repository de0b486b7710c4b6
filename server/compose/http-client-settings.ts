import { z } from 'zod';
import { isProtectedUrl } from '../../config/index.ts';
import type { HttpAuth, HttpTls } from '../../connectors/http/http-auth.ts';
import { pem } from './client-tls.ts';
import type { OutboundRules } from './outbound.ts';

const secret = z.string().regex(/^(file:.+|env:[A-Za-z_]\w*)$/, 'a reference: file:/path or env:NAME');

/** A secret goes to it: in the clear only where no network is between (RFC 6749 §3.2 asks for TLS). */
const tokenUrl = z
  .url({ protocol: /^https?$/ })
  .refine(isProtectedUrl, 'https: is required; http: only to this machine');

export const httpAuth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bearer'), token: secret }),
  z.strictObject({ kind: z.literal('basic'), user: z.string(), password: secret }),
  z.strictObject({
    kind: z.literal('client-credentials'),
    tokenUrl,
    clientId: z.string(),
    clientSecret: secret,
    scope: z.string().optional(),
  }),
  z.strictObject({
    kind: z.literal('smart-backend'),
    tokenUrl,
    clientId: z.string(),
    privateKey: secret,
    keyId: z.string(),
    algorithm: z.enum(['RS384', 'ES384']),
    scope: z.string(),
  }),
]);

export const httpTls = z.strictObject({
  ca: z.string().optional(),
  cert: z.string().optional(),
  key: secret.optional(),
});

interface ClientSettings {
  readonly auth?: z.output<typeof httpAuth> | undefined;
  readonly tls?: z.output<typeof httpTls> | undefined;
}

/** Throws BH_CONFIG_OUTBOUND for a host that no rule allows, BH_CONFIG_VALUE for a certificate that cannot be read. */
export async function checkClient(
  { url, auth, tls }: ClientSettings & { readonly url: string },
  outbound: OutboundRules,
): Promise<void> {
  outbound.check(new URL(url).hostname);
  if (auth && 'tokenUrl' in auth) outbound.check(new URL(auth.tokenUrl).hostname);
  if (tls) await tlsOf(tls);
}

/** The settings as connectors take them, certificates read. */
export async function clientSettings({
  auth,
  tls,
}: ClientSettings): Promise<{ auth?: HttpAuth; tls?: HttpTls }> {
  return {
    ...(auth ? { auth: withoutUndefined(auth) } : {}),
    ...(tls ? { tls: await tlsOf(tls) } : {}),
  };
}

function withoutUndefined(value: z.output<typeof httpAuth>): HttpAuth {
  return Object.fromEntries(
    Object.entries(value).filter(([, part]) => part !== undefined),
  ) as unknown as HttpAuth;
}

async function tlsOf({ ca, cert, key }: z.output<typeof httpTls>): Promise<HttpTls> {
  return {
    ...(ca ? { ca: await pem(ca) } : {}),
    ...(cert ? { certificate: await pem(cert) } : {}),
    ...(key ? { privateKey: key } : {}),
  };
}
