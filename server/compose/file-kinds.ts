import { isAbsolute } from 'node:path';
import { z } from 'zod';
import {
  createFileDestination,
  createFileSource,
  createLocalFiles,
  createSftpFiles,
  type FileAccess,
  fhirIntake,
  hl7Intake,
  parseNamePattern,
} from '../../connectors/files/index.ts';
import { hl7ContentType } from '../../connectors/hl7v2/index.ts';
import { fhirBinaryContentType } from '../../core/document.ts';
import { limits } from '../../core/limits.ts';
import type { DestinationKind, SourceKind } from '../../pipelines/channel/catalog.ts';
import { fhirContentType } from '../../pipelines/steps/map-hl7.ts';
import type { CatalogParts } from './catalog.ts';

const secret = z.string().regex(/^(file:.+|env:[A-Za-z_]\w*)$/, 'a reference: file:/path or env:NAME');
/** A server has no folder of work that a relative path could start from, and the engine's is not the operator's. */
const absolute = z.string().refine((path) => isAbsolute(path), 'an absolute path');

const server = {
  host: z.string().min(1),
  port: z.number().int().min(1).max(65_535).default(22),
  user: z.string().min(1),
  password: secret.optional(),
  privateKey: secret.optional(),
  passphrase: secret.optional(),
  hostKey: z
    .string()
    .regex(
      /^(SHA256:[A-Za-z0-9+/]{43}=?|(ssh-|ecdsa-)[a-z0-9-]+ [A-Za-z0-9+/]+={0,2}( .*)?)$/,
      'the key that the server shows: SHA256:... (ssh-keygen -l) or its public key',
    ),
};
const serverSchema = z.object(server);
type Server = z.output<typeof serverSchema>;

const watched = {
  folder: absolute,
  format: z.enum(['hl7v2', 'fhir']).default('hl7v2'),
  /** Names that are taken, as `*.hl7`; `*` and `?` stand for any characters and any one. */
  pattern: z
    .string()
    .regex(/^[^/]{1,100}$/)
    .optional(),
  pollMs: z.number().int().min(50).max(3_600_000).default(1_000),
  stableMs: z.number().int().min(0).max(3_600_000).default(1_000),
  fileBytesMax: z.number().int().min(1).max(4_294_967_296).default(limits.fileBytesMax),
  keepDone: z.boolean().default(true),
};
const written = {
  folder: absolute,
  /** With the parts {deliveryId}, {messageId}, {channel}, {destination}, {date} and {time}. */
  fileName: z.string().optional(),
  takes: z.enum(['hl7v2', 'fhir']).default('hl7v2'),
};

const withSecret = <T extends { password?: unknown; privateKey?: unknown }>(schema: z.ZodType<T>) =>
  schema.refine(
    ({ password, privateKey }) => password !== undefined || privateKey !== undefined,
    'password or privateKey is needed',
  );

const folderSource = z.strictObject(watched);
const folderDestination = z.strictObject(written);
const sftpSource = withSecret(z.strictObject({ ...server, ...watched }));
const sftpDestination = withSecret(z.strictObject({ ...server, ...written }));
type Watched = z.output<typeof folderSource>;
type Written = z.output<typeof folderDestination>;

/** `files` as a door: a folder of this machine. */
export function filesSourceKind(parts: CatalogParts): SourceKind<Watched> {
  return {
    kind: 'files',
    messageKind: ({ format }) => format,
    settings: folderSource,
    door: ({ folder }) => `files:${folder}`,
    create: (settings, { channel }) => watch(parts, 'files', channel, settings, createLocalFiles()),
  };
}

/** `sftp` as a door: a folder of a server. */
export function sftpSourceKind(parts: CatalogParts): SourceKind<Watched & Server> {
  return {
    kind: 'sftp',
    messageKind: ({ format }) => format,
    settings: sftpSource,
    door: ({ host, port, folder }) => `sftp://${host}:${port}${folder}`,
    check: (settings) => checkServer(parts, settings),
    create: (settings, { channel }) => watch(parts, 'sftp', channel, settings, sftpOf(parts, settings)),
  };
}

/** `files` as a destination: one file a delivery, in a folder of this machine. */
export function filesDestinationKind(parts: CatalogParts): DestinationKind<Written> {
  return {
    kind: 'files',
    settings: folderDestination,
    takes: takesFormat,
    check({ fileName }) {
      if (fileName !== undefined) parseNamePattern(fileName);
    },
    create: (settings) => write(parts, 'files', settings, createLocalFiles()),
  };
}

/** `sftp` as a destination: one file a delivery, in a folder of a server. */
export function sftpDestinationKind(parts: CatalogParts): DestinationKind<Written & Server> {
  return {
    kind: 'sftp',
    settings: sftpDestination,
    takes: takesFormat,
    async check(settings) {
      if (settings.fileName !== undefined) parseNamePattern(settings.fileName);
      await checkServer(parts, settings);
    },
    create: (settings) => write(parts, 'sftp', settings, sftpOf(parts, settings)),
  };
}

const takesFormat = (contentType: string, { takes }: Written): boolean =>
  takes === 'hl7v2'
    ? contentType === hl7ContentType
    : contentType === fhirContentType || contentType === fhirBinaryContentType;

async function checkServer({ keys, outbound }: CatalogParts, settings: Server): Promise<void> {
  outbound.check(settings.host);
  for (const reference of [settings.password, settings.privateKey, settings.passphrase]) {
    if (reference !== undefined) await keys.secret(reference);
  }
}

function sftpOf({ keys, outbound }: CatalogParts, settings: Server): FileAccess {
  const { host, port, user, hostKey, password, privateKey, passphrase } = settings;
  return createSftpFiles({
    host,
    port,
    user,
    hostKey,
    keys,
    ...(password ? { password } : {}),
    ...(privateKey ? { privateKey } : {}),
    ...(passphrase ? { passphrase } : {}),
    ...(outbound.lookup ? { lookup: outbound.lookup } : {}),
  });
}

function watch(
  { site, running }: CatalogParts,
  protocol: 'files' | 'sftp',
  name: string,
  { folder, format, pattern, pollMs, stableMs, fileBytesMax, keepDone }: Watched,
  access: FileAccess,
) {
  const { ports } = running();
  const sender = `${access.place}${folder}`;
  const intake =
    format === 'hl7v2'
      ? hl7Intake({ fallbackCharset: site.fallbackCharset })
      : fhirIntake({ sender, bytesMax: fileBytesMax, clock: ports.clock });
  return createFileSource({
    ...ports,
    name,
    protocol,
    access,
    folder,
    intake,
    pollMs,
    stableMs,
    bytesMax: fileBytesMax,
    keepDone,
    ...(pattern === undefined ? {} : { pattern: globOf(pattern) }),
  });
}

const globOf = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

function write(
  { running }: CatalogParts,
  kind: 'files' | 'sftp',
  { folder, fileName, takes }: Written,
  access: FileAccess,
) {
  const extension = takes === 'hl7v2' ? 'hl7' : 'json';
  const namePattern = parseNamePattern(fileName ?? `{channel}-{deliveryId}.${extension}`);
  return createFileDestination({ kind, access, folder, namePattern, blobs: running().ports.blobs });
}
