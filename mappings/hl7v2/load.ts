import { createHash } from 'node:crypto';
import { BitHiveError } from '../../core/errors.ts';
import type { OrderFacts } from '../../core/order.ts';
import type { Hl7Message } from '../../formats/hl7v2/index.ts';
import type { Bundle } from '../bundle/bundle.ts';
import { splitPatched, withoutPatches } from '../bundle/patched.ts';
import { siteSystems } from '../identity/systems.ts';
import { nameUuid } from '../identity/uuid.ts';
import type { SiteSettings } from '../site.ts';
import { type CompiledMessage, compileMessage } from './compiler/compile-message.ts';
import { compileRows } from './compiler/compile-rows.ts';
import { compileType } from './compiler/compile-type.ts';
import { Slots } from './compiler/frame.ts';
import { filesOf } from './compiler/map-files.ts';
import type { MapFolder } from './compiler/read-folder.ts';
import type { Vocabulary } from './compiler/row-options.ts';
import type { SegmentFile } from './compiler/schema.ts';
import type { YamlFile } from './compiler/yaml-file.ts';
import { convertMessage } from './convert.ts';
import type { Explanation, MapIssue, Residue } from './issue.ts';
import { applyOverlay, type Overlay, siteWith } from './overlay/overlay.ts';
import { ownMap } from './own-map.ts';
import { assemblerOf } from './provenance.ts';
import type { ConvertContext, MapSite } from './run.ts';
import { builtInTypes } from './values/built-in-types.ts';
import { laboratoryTypes } from './values/laboratory.ts';

export interface Conversion {
  readonly bundle: Bundle;
  /** What must be at the receiver before `bundle`: a transaction of its own, to be delivered first. Only merges have one. */
  readonly before?: Bundle;
  readonly issues: readonly MapIssue[];
  /** What no row took, so that IT sees what is not carried. */
  readonly residue: readonly Residue[];
  readonly orders: readonly OrderFacts[];
  /** When `context.explain` is set. */
  readonly explanations?: readonly Explanation[];
}

/** A compiled map: pure, the same message and context give the same bytes. */
export interface Hl7ToFhirMap {
  /** Version of the rows and of the site's settings, as Provenance names it. */
  readonly version: string;
  /** The settings that it was compiled for: the site's, with those of its overlay. */
  readonly site: SiteSettings;
  /** Message types that have a map of their own: `ADT^A01`. Any other gives MessageHeader, Patient and residue. */
  readonly takes: readonly string[];
  convert(message: Hl7Message, context: ConvertContext): Conversion;
}

export interface MapOptions {
  /** The rows that an overlay lies over. Default: those that come with the engine. */
  readonly rows?: MapFolder;
  readonly site: SiteSettings;
  /** What the site says otherwise. */
  readonly overlay?: Overlay;
}

/** Reads, checks and compiles a map. Throws BH_MAP_DEFINITION with file and line. */
export function loadHl7ToFhirMap(options: MapOptions): Hl7ToFhirMap {
  const { overlay, rows: base = ownMap() } = options;
  const folder = overlay === undefined ? base : applyOverlay(base, overlay);
  const site = overlay === undefined ? options.site : siteWith(options.site, overlay);
  const siteHash = createHash('sha256').update(JSON.stringify(site)).digest('hex').slice(0, 8);
  const version = `${folder.hash}+site.${siteHash}`;
  const systems = siteSystems(site);
  const mapSite: MapSite = {
    settings: site,
    systems,
    uuid: nameUuid(site.namespace),
    version,
    assembler: assemblerOf(systems, version),
  };
  const messages = compileMessages(folder, overlay, site);
  const byType = new Map(
    messages.flatMap((message) => message.takes.map((type) => [type, message] as const)),
  );
  const fallback = byType.get('*');
  if (fallback === undefined) throw new BitHiveError('BH_MAP_DEFINITION', 'messages: no file takes "*"');
  return {
    version,
    site,
    takes: [...byType.keys()].filter((type) => type !== '*').sort(),
    convert(message, context) {
      const conversion = convertMessage(mapSite, mapFor(message, byType) ?? fallback, message, context);
      if (context.isForFile === true) return { ...conversion, bundle: withoutPatches(conversion.bundle) };
      return { ...conversion, ...splitPatched(conversion.bundle, site) };
    },
  };
}

function compileMessages(
  folder: MapFolder,
  overlay: Overlay | undefined,
  { reportText }: SiteSettings,
): readonly CompiledMessage[] {
  const settings = { reportText };
  const vocabulary: Vocabulary = { types: builtInTypes(folder.tables), tables: folder.tables, settings };
  const types = new Map(vocabulary.types);
  const growing: Vocabulary = { ...vocabulary, types };
  // A datatype may use others: each is compiled after those it names.
  const waiting = [...folder.types.values()];
  while (waiting.length > 0) {
    const names = new Set(waiting.map(({ content }) => `${content.type}>${content.target}`));
    const at = waiting.findIndex(
      ({ content }) => !content.rows.some((row) => row.as !== undefined && names.has(row.as)),
    );
    const [file] = waiting.splice(Math.max(at, 0), 1);
    if (at < 0) file!.fail(['type'], 'datatypes use each other in a circle');
    types.set(`${file!.content.type}>${file!.content.target}`, compileType(file!, growing));
  }
  for (const [name, type] of Object.entries(laboratoryTypes(types))) types.set(name, type);
  const compiled = [...folder.messages.values()].map((file) =>
    compileMessage(file, folder.segments, growing),
  );
  for (const file of unusedOf(folder, overlay))
    compileRows(file, growing, new Slots(settings), () => undefined);
  return compiled;
}

/** Files of an overlay that no message names (yet): what is wrong with them is said all the same. */
function unusedOf(
  { messages, segments }: MapFolder,
  overlay: Overlay | undefined,
): readonly YamlFile<SegmentFile>[] {
  if (overlay === undefined) return [];
  const used = new Set(
    [...messages.values()].flatMap(({ content }) =>
      content.resources.flatMap(({ maps, parts }) => [...maps, ...parts.flatMap(({ map }) => map)]),
    ),
  );
  return filesOf(overlay.files, 'segments').flatMap(({ name }) =>
    used.has(name) ? [] : [segments.get(name)!],
  );
}

/** By type and event (MSH-9.1, MSH-9.2). The structure (MSH-9.3) is not asked: senders leave it out or get it wrong. */
function mapFor(
  message: Hl7Message,
  byType: ReadonlyMap<string, CompiledMessage>,
): CompiledMessage | undefined {
  const header = message.first('MSH');
  const type = header?.get(9, 1, 1) ?? '';
  return byType.get(`${type}^${header?.get(9, 1, 2) ?? ''}`) ?? byType.get(type);
}
