import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BitHiveError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Urgency } from '../../core/order.ts';
import { encodingOf, printMessage } from '../../formats/hl7v2/index.ts';
import type { CodeTable } from '../hl7v2/compiler/code-table.ts';
import { type MapFiles, readMapFiles } from '../hl7v2/compiler/map-files.ts';
import type { Overlay } from '../hl7v2/overlay/overlay.ts';
import { ownMap } from '../hl7v2/own-map.ts';
import { registryTable } from '../hl7v2/values/built-in-types.ts';
import { printMoment } from '../hl7v2/values/zone.ts';
import type { SiteSettings } from '../site.ts';
import type { CompiledOutMessage } from './compiler/compile-message.ts';
import { readOutboundFolder } from './compiler/read-folder.ts';
import { isObject, ResourceGraph } from './resource-graph.ts';
import type { OutboundIssue, OutboundRun } from './run.ts';
import type { OutboundSettings } from './settings.ts';
import { assignersOf } from './values/assigner.ts';
import { builtInConverters } from './values/built-in.ts';
import { codeSystemNames } from './values/code-systems.ts';
import { leafText } from './values/digits.ts';
import { timestampOf } from './values/timestamp.ts';

export interface OutboundContext {
  readonly receivedAtMs: number;
  /** Begins MSH-10 of what is made; an ordinal follows from the second message on. At most 16 characters. */
  readonly controlId: string;
}

export interface OutboundMessage {
  readonly bytes: Uint8Array;
  /** `ORU^R01` */
  readonly type: string;
  readonly controlId: string;
  /** `DiagnosticReport/7`, or the type alone. */
  readonly of: string;
  /** PID-3.1; empty where the message is about no patient. */
  readonly patientId: string;
}

export interface OutboundConversion {
  readonly messages: readonly OutboundMessage[];
  readonly issues: readonly OutboundIssue[];
  /** Elements of what was sent that no row carries. */
  readonly residue: readonly string[];
  /** Of the order that it is about. */
  readonly urgency: Urgency;
}

/** Rows from FHIR R4 to HL7 v2, compiled. Pure: the same body, settings and context give the same bytes. */
export interface FhirToHl7Map {
  readonly version: string;
  /**
   * @param body a Bundle or a resource, parsed with `parseWithDigits`
   * @throws BH_MAP_FAILED when a message cannot be without something that is missing
   */
  convert(body: JsonObject, settings: OutboundSettings, context: OutboundContext): OutboundConversion;
}

const ownFolder = dirname(fileURLToPath(import.meta.url));
let own: MapFiles | undefined;

/** The outbound rows that come with the engine, by path, read once. Throws BH_MAP_DEFINITION. */
export function ownOutboundFiles(): MapFiles {
  own ??= readMapFiles(ownFolder);
  return own;
}

export interface OutboundOptions {
  readonly site: SiteSettings;
  /** Default: those that come with the engine. */
  readonly files?: MapFiles;
  /** Files that take the place of those of the same path, or stand beside them. */
  readonly overlay?: Overlay;
  /** The names of coding systems: one table for both directions. Default: that of the engine's own rows. */
  readonly registry?: CodeTable;
}

const folderName = 'fhir-to-hl7v2/';

/** Reads, checks and compiles the outbound rows. Throws BH_MAP_DEFINITION with file and line. */
export function loadFhirToHl7Map({
  site,
  files = ownOutboundFiles(),
  overlay,
  registry = ownMap().tables.get(registryTable),
}: OutboundOptions): FhirToHl7Map {
  if (registry === undefined)
    throw new BitHiveError('BH_MAP_DEFINITION', `tables: no file is called ${registryTable}.csv`);
  const all = new Map([...files].map(([path, text]) => [path, { name: `${folderName}${path}`, text }]));
  for (const [path, text] of overlay?.files ?? [])
    if (path.startsWith(folderName))
      all.set(path.slice(folderName.length), { name: `${overlay?.label}/${path}`, text });
  const { messages, hash } = readOutboundFolder(all, builtInConverters);
  const assigner = assignersOf(site);
  const codeSystem = codeSystemNames(registry, site);
  const siteHash = createHash('sha256').update(JSON.stringify(site)).digest('hex').slice(0, 8);
  return {
    version: `${hash}+site.${siteHash}`,
    convert(body, settings, context) {
      const graph = new ResourceGraph(body);
      const [header] = graph.ofType('MessageHeader');
      const urgency = urgencyOf(graph);
      const run: OutboundRun = {
        graph,
        settings,
        roots: { site: { ...settings }, ...(header === undefined ? {} : { header }) },
        assigner,
        codeSystem,
        issues: [],
      };
      // In turn: an order that a report refers to is not looked at as an order.
      for (const name of settings.send) {
        const map = messages.find((one) => one.name === name);
        const made = map && messagesOf(run, map, context, body);
        if (made !== undefined && made.list.length > 0)
          return { messages: made.list, issues: run.issues, residue: made.residue, urgency };
      }
      return { messages: [], issues: run.issues, residue: [], urgency };
    },
  };
}

/** One message of each resource that is its focus: of the first type that the body has any of. */
function messagesOf(
  run: OutboundRun,
  map: CompiledOutMessage,
  context: OutboundContext,
  body: JsonObject,
): { list: readonly OutboundMessage[]; residue: readonly string[] } {
  const foci = map.focus.map((type) => run.graph.ofType(type)).find((found) => found.length > 0) ?? [];
  const list: OutboundMessage[] = [];
  for (const focus of foci) {
    run.roots.focus = focus;
    const event = map.eventOf(run, focus);
    if (event === undefined) continue;
    const controlId = list.length === 0 ? context.controlId : `${context.controlId}-${list.length + 1}`;
    run.roots.message = { ...event, controlId, time: timeOf(run, body, focus, context) };
    const segments = map.make(run, focus);
    const bytes = printMessage(segments, { encoding: encodingOf(run.settings.charset) ?? 'utf-8' });
    const type = event.type === 'ACK' ? 'ACK' : `${event.type}^${event.event}`;
    const of = `${focus.resourceType}${focus.id === undefined ? '' : `/${leafText(focus.id)}`}`;
    list.push({ bytes, type, controlId, of, patientId: patientIdOf(segments) });
  }
  return { list, residue: list.length === 0 ? [] : residueOf(run, map) };
}

function urgencyOf(graph: ResourceGraph): Urgency {
  const priorities = graph.ofType('ServiceRequest').map(({ priority }) => priority);
  if (priorities.includes('stat')) return 'stat';
  return priorities.includes('asap') || priorities.includes('urgent') ? 'urgent' : 'routine';
}

/** When what is told became so, never the clock of the run: the same body gives the same message. */
function timeOf(run: OutboundRun, body: JsonObject, focus: JsonObject, context: OutboundContext): string {
  const { zone } = run.settings;
  const meta = isObject(focus.meta) ? focus.meta.lastUpdated : undefined;
  const told = [body.timestamp, meta].map((one) => leafText(one)).find((text) => text.includes('T'));
  return timestampOf(told ?? printMoment(context.receivedAtMs, zone ?? 'UTC'), zone).replace(/\.\d+/, '');
}

function patientIdOf(segments: ReturnType<CompiledOutMessage['make']>): string {
  const field = segments.find(({ name }) => name === 'PID')?.fields[2] ?? '';
  const first = typeof field === 'object' && 'repetitions' in field ? (field.repetitions[0] ?? '') : field;
  const part = typeof first === 'string' ? first : Array.isArray(first) ? first[0] : '';
  return typeof part === 'string' ? part : (part?.[0] ?? '');
}

/** Elements that no row takes, of what segments are made of; by its type what nothing that was sent refers to. */
function residueOf({ graph }: OutboundRun, map: CompiledOutMessage): readonly string[] {
  const paths = graph.resources.flatMap((resource) => {
    const type = leafText(resource.resourceType);
    if (!map.sources.has(type)) return graph.isReached(resource) || map.covers(type, '*') ? [] : [type];
    return Object.keys(resource)
      .filter((name) => name !== 'resourceType' && !name.startsWith('_') && !map.covers(type, name))
      .map((name) => `${type}.${name}`);
  });
  return [...new Set(paths)].sort();
}
