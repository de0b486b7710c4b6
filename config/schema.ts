import { z } from 'zod';
import { hl7LimitsSchema, stowLimitsSchema } from './door-limits.ts';
import { isHostPattern } from './host-pattern.ts';
import { isProtectedUrl } from './loopback.ts';
import { pacsSchema } from './pacs.ts';
import { aeTitle, aeTitlePattern, count, path, port, secret, text, url } from './setting-types.ts';

export const roleNames = ['ingest', 'reader', 'operator', 'auditor', 'admin'] as const;
export type RoleName = (typeof roleNames)[number];

const tlsSchema = z.strictObject({
  key: secret('Private key, PEM.'),
  cert: path('Certificate chain, PEM.'),
  ca: path(
    'Authorities of client certificates, PEM. Set: a client without a certificate of theirs is refused.',
  ).optional(),
});

const httpTlsSchema = tlsSchema.extend({
  commandLineCert: path(
    "Certificate, PEM, that `bithive` shows where `ca` asks clients for one. Unset: the engine's own.",
  ).optional(),
  commandLineKey: secret('Key of `commandLineCert`, PEM.').optional(),
});

const httpSchema = z.strictObject({
  host: text('Address to listen on. Outside loopback TLS is required.'),
  port: port('Port of the API, `/fhir` and `/dicomweb`.'),
  hosts: z
    .array(z.string().min(1))
    .meta({ description: 'Further names under which clients may call (Host header), without port.' }),
  origins: z.array(url('')).meta({
    description: 'Web origins that may call beside the engine itself, for example `https://portal.example`.',
  }),
  tls: httpTlsSchema.optional(),
  auth: z.strictObject({
    tokenFile: path(
      'File of the API token; made on first start. Unset: `api-token` in the data folder.',
    ).optional(),
    tokens: z
      .record(
        z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a name of lower-case letters, digits and hyphens'),
        z.strictObject({ secret: secret('The token.'), roles: z.array(z.enum(roleNames)).min(1) }),
      )
      .meta({
        description:
          'Tokens of other systems, by name: `{ pacs: { secret: "file:/run/pacs-token", roles: [ingest] } }`.',
      }),
    oidc: z
      .strictObject({
        issuer: url('Issuer of access tokens (JWT), compared exactly with `iss`.'),
        audience: text('What `aud` must contain.'),
        jwksUri: url("Address of the issuer's public keys. `http:` only to this machine.").refine(
          isProtectedUrl,
          'https: is required; http: only to this machine',
        ),
        rolesClaim: text('Claim that lists the roles: ingest, reader, operator, auditor, admin.').optional(),
      })
      .optional(),
  }),
  limits: z.strictObject({
    bodyBytesMax: count(1024, 1_073_741_824, 'Largest body of a request that is not streamed.'),
    headMs: count(100, 600_000, 'Time for a complete request head.'),
    requestMs: count(100, 3_600_000, 'Time for a complete request that is not streamed.'),
    connectionsMax: count(1, 65_535, 'Connections at a time.'),
    requestsPerSecond: count(1, 1_000_000, 'Requests per second and caller, kept up.'),
    burst: count(1, 1_000_000, 'Requests that one caller may send at once.'),
  }),
});

const dimseLimitsSchema = z.strictObject({
  associationsMax: count(1, 4096, 'Associations at a time; one more is rejected for now.'),
  objectBytesMax: count(1024, 1_099_511_627_776, 'Largest instance; a larger one gets A700H.'),
  idleMs: count(100, 86_400_000, 'Silence between two requests after which an association is aborted.'),
});

/**
 * Every setting of the engine, its shape and its one line of documentation. File, environment and flag names, the reference page and
 * the published JSON Schema are derived from it. Values come from `default.yaml`; nothing here has a default, so that
 * `config explain` can always name a file and line.
 */
export const configSchema = z.strictObject({
  data: path('Folder of everything that the engine keeps.'),
  http: httpSchema,
  hl7v2: z.strictObject({
    host: text('Address of HL7 v2 listeners. Outside loopback TLS with client certificates is required.'),
    port: port('Port of the first HL7 v2 listener (MLLP).'),
    tls: tlsSchema.optional(),
    limits: hl7LimitsSchema,
  }),
  dicomweb: z.strictObject({ limits: stowLimitsSchema }),
  dimse: z.strictObject({
    host: text(
      'Address of DICOM listeners. Outside loopback TLS with client certificates and `peers` are required.',
    ),
    port: port('Port of the first DICOM listener.'),
    aeTitle: aeTitle('AE title under which the engine is called, and calls.'),
    peers: z
      .record(
        z.string().regex(aeTitlePattern, 'an AE title of at most 16 characters'),
        z.strictObject({
          host: z.string().min(1).optional(),
          port: z.number().int().min(1).max(65_535).optional(),
        }),
      )
      .meta({
        description:
          'AE titles that may call, with their address where the engine calls them: `{ CT1: {}, PACS: { host: pacs.example, port: 104 } }`. Empty: any title may call.',
      }),
    unknownSopClasses: z.enum(['refuse', 'take']).meta({
      description: 'Objects of SOP classes that are not of the standard, as vendors have them.',
    }),
    tls: tlsSchema.optional(),
    limits: dimseLimitsSchema,
  }),
  store: z.strictObject({
    kind: z.enum(['sqlite', 'postgres']).meta({ description: 'SQLite in the data folder, or PostgreSQL.' }),
    url: secret('Connection string of PostgreSQL.').optional(),
    postgres: z.strictObject({
      sessions: count(
        1,
        200,
        'Sessions of this node for its work. One more listens for news of other nodes.',
      ),
      readerSessions: count(1, 50, 'Sessions of this node for what operators ask.'),
      pollMs: count(
        100,
        600_000,
        'How often this node looks for work that it was not told of. News may be lost, so this bounds a delay.',
      ),
    }),
    writer: z.enum(['thread', 'inline']).meta({
      description:
        'Where SQLite commits: a thread (a slow disk stalls nothing else) or the main loop (fastest on a fast disk).',
    }),
  }),
  site: z.strictObject({
    name: text('Name of the site, for people: in the ready line.'),
    namespace: z.uuid().meta({
      description: 'UUID under which the identities of written resources are derived. Never change it.',
    }),
    zone: text('IANA time zone of times that name none, for example `Europe/Zurich`.').refine(
      isZone,
      'expected an IANA time zone',
    ),
    localSystem: text('Base of identifier systems for assigners that `assigners` does not list.'),
    assigners: z.record(z.string().min(1), z.string().min(1)).meta({
      description: 'Identifier system of each assigning authority: HL7 namespace or OID, DICOM issuer.',
    }),
    defaultAssigner: text(
      'Assigner of patient ids that name none: a key of `assigners`, or a name.',
    ).optional(),
    fallbackCharset: text('Character set of HL7 v2 messages that declare none in MSH-18.'),
    nullMarker: z.enum(['omit', 'data-absent-reason']).meta({
      description: "What HL7's null leaves behind in a resource: nothing, or a data-absent-reason.",
    }),
    reportText: z.enum(['observations', 'conclusion', 'presented-form']).meta({
      description:
        "What a result's lines of text (OBX-2 TX, FT) become: an Observation each, or together the report's conclusion or presented form.",
    }),
    write: z.enum(['conditional', 'client-id']).meta({
      description:
        'How resources are written: `PUT Type?identifier=`, or `PUT Type/id` for servers that take client ids.',
    }),
  }),
  mappings: z.strictObject({
    folder: path(
      "Folder of the site's overlay: rows, code tables and settings that stand above those that come with the engine. Deployed at start when it has changed.",
    ).optional(),
  }),
  channels: z.strictObject({
    folder: path(
      'Folder of channel files (*.yaml). Unset: the channels that come with the engine.',
    ).optional(),
  }),
  ehr: z.strictObject({
    fhirUrl: url(
      'Base address of the FHIR R4 server; the variable EHR_FHIR_URL of channel files.',
    ).optional(),
  }),
  pacs: pacsSchema,
  inference: z.strictObject({
    workers: count(0, 256, 'Model workers. 0: one less than the processors, at least one.'),
    models: path('Folder of models. Unset: the models that come with the engine.').optional(),
  }),
  outbound: z.strictObject({
    allow: z
      .array(
        z
          .string()
          .refine(isHostPattern, 'expected a host name, *.name, an address or a network (10.1.0.0/16)'),
      )
      .meta({
        description:
          'Hosts that the engine may connect to: names, `*.name`, addresses, networks (`10.1.0.0/16`). Empty: every host that a channel file or a setting names. Redirects are never followed.',
      }),
  }),
  alerts: z.strictObject({
    webhook: url('Where raised and cleared alerts are posted as JSON.').optional(),
    checkSeconds: count(1, 3600, 'How often the conditions are looked at.'),
    silenceMinutes: count(
      0,
      10_080,
      'A channel that receives nothing for so long while the engine runs raises an alert. 0: never.',
    ),
    queueMinutes: count(0, 10_080, 'Work that waits longer raises an alert. 0: never.'),
  }),
  retention: z.strictObject({
    days: count(0, 36_500, 'Ended messages are removed after so many days. 0: never.'),
    emergencyDays: count(
      0,
      36_500,
      'While less than `disk.freeBytesWarn` is free, ended messages are removed after so many days. What is not delivered stays. 0: never.',
    ),
  }),
  disk: z.strictObject({
    freeBytesMin: count(
      0,
      Number.MAX_SAFE_INTEGER,
      'The doors close (507, AE, DIMSE A700) while less is free.',
    ),
    freeBytesWarn: count(
      0,
      Number.MAX_SAFE_INTEGER,
      'An alert is raised while less is free, and `retention.emergencyDays` holds. 0: never.',
    ),
  }),
  stop: z.strictObject({
    graceSeconds: count(0, 3600, 'How long a stop waits for work in flight.'),
  }),
  log: z.strictObject({
    level: z
      .enum(['debug', 'info', 'warn', 'error'])
      .meta({ description: 'Least severe entry that is written to stderr.' }),
  }),
});

export type Config = z.output<typeof configSchema>;
export type TlsConfig = z.output<typeof tlsSchema>;

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    // The constructor's RangeError is its only way to say no.
    return false;
  }
}
