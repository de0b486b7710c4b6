import { dirname, posix } from 'node:path';
import { type FhirToHl7Map, loadFhirToHl7Map, ownOutboundFiles } from './fhir-to-hl7v2/load.ts';
import { hashOf, type MapFiles } from './hl7v2/compiler/map-files.ts';
import { type MapFolder, readMapFolder } from './hl7v2/compiler/read-folder.ts';
import { type Hl7ToFhirMap, loadHl7ToFhirMap } from './hl7v2/load.ts';
import { applyOverlay, type Overlay } from './hl7v2/overlay/overlay.ts';
import { ownMap, ownMapFiles } from './hl7v2/own-map.ts';
import { registryTable } from './hl7v2/values/built-in-types.ts';
import { compileHl7ToHl7Map, type Hl7ToHl7Map } from './hl7v2-to-hl7v2/load.ts';
import type { SiteSettings } from './site.ts';

/** Everything that one version of the map converts with. */
export interface MapSet {
  readonly hl7ToFhir: Hl7ToFhirMap;
  readonly fhirToHl7: FhirToHl7Map;
  /** The files of rows from HL7 v2 to HL7 v2 that this version has, and their tables, by path. */
  readonly edits: MapFiles;
  /**
   * The map of such a file; undefined when this version has none of that path.
   *
   * @throws BH_MAP_DEFINITION with file and line
   */
  edit(file: string): Hl7ToHl7Map | undefined;
}

/** The rows of one release: those from HL7 v2 to FHIR under `hl7v2/`, the outbound ones under `fhir-to-hl7v2/`. */
export function ownRowFiles(): MapFiles {
  const prefixed = (prefix: string, files: MapFiles) =>
    [...files].map(([path, text]) => [`${prefix}${path}`, text] as const);
  return new Map([...prefixed('hl7v2/', ownMapFiles()), ...prefixed('fhir-to-hl7v2/', ownOutboundFiles())]);
}

export const ownRowsHash = (): string => hashOf(ownRowFiles());

export interface MapSetOptions {
  readonly site: SiteSettings;
  readonly overlay?: Overlay;
  /** Of another release, as `ownRowFiles` gave them there. */
  readonly rows?: MapFiles;
  /** Files from HL7 v2 to HL7 v2 as they lay beside the channels; those of the overlay stand above them. */
  readonly beside?: MapFiles;
}

const editFolder = 'hl7v2-to-hl7v2/';

/** Reads, checks and compiles a version of the map. Throws BH_MAP_DEFINITION with file and line. */
export function loadMaps({ site, overlay, rows, beside = new Map() }: MapSetOptions): MapSet {
  const base = rows === undefined ? ownMap() : readMapFolder(within('hl7v2/', rows));
  const over = overlay === undefined ? {} : { overlay };
  const hl7ToFhir = loadHl7ToFhirMap({ site, rows: base, ...over });
  const registry = tablesOf(base, overlay).get(registryTable);
  const fhirToHl7 = loadFhirToHl7Map({
    site: hl7ToFhir.site,
    ...over,
    ...(rows === undefined ? {} : { files: within('fhir-to-hl7v2/', rows) }),
    ...(registry === undefined ? {} : { registry }),
  });
  const ofOverlay = within(editFolder, overlay?.files ?? new Map());
  const edits = new Map([...beside, ...ofOverlay]);
  const compiled = new Map<string, Hl7ToHl7Map>();
  const edit = (file: string): Hl7ToHl7Map | undefined => {
    const path = posix.normalize(file.replaceAll('\\', '/'));
    const text = edits.get(path);
    if (text === undefined) return undefined;
    let map = compiled.get(path);
    if (map === undefined) {
      const label = ofOverlay.has(path) ? `${overlay?.label}/${editFolder}${path}` : path;
      map = compileHl7ToHl7Map(label, text, (name) => edits.get(posix.join(dirname(path), name)));
      compiled.set(path, map);
    }
    return map;
  };
  for (const path of ofOverlay.keys()) if (path.endsWith('.yaml')) edit(path);
  return { hl7ToFhir, fhirToHl7, edits, edit };
}

/** The files under a folder, by their paths in it. */
function within(folder: string, files: MapFiles): MapFiles {
  return new Map(
    [...files].flatMap(([path, text]) =>
      path.startsWith(folder) ? [[path.slice(folder.length), text] as const] : [],
    ),
  );
}

function tablesOf(base: MapFolder, overlay: Overlay | undefined): MapFolder['tables'] {
  if (overlay?.files.has(`tables/${registryTable}.csv`) !== true) return base.tables;
  return applyOverlay(base, overlay).tables;
}
