import { relative, resolve, sep } from 'node:path';
import type { Config } from '../../config/index.ts';
import { assert } from '../../core/assert.ts';
import type { Keys } from '../../core/ports/index.ts';
import { bundledModelsFolder, loadModels } from '../../inference/index.ts';
import {
  type Hl7ToHl7Map,
  loadFhirToHl7Map,
  loadHl7ToFhirMap,
  loadHl7ToHl7Map,
  type MapFiles,
  type MapSet,
} from '../../mappings/index.ts';
import type { ChannelCatalog } from '../../pipelines/channel/catalog.ts';
import type { CompiledChannel } from '../../pipelines/channel/compile.ts';
import { checkEdges, compileChannels } from '../../pipelines/channel/compile-channels.ts';
import { mapOf, overlayOf, siteOf } from '../mapping/site-map.ts';
import { channelCatalog, type DefinitionParts, type RunningParts } from './catalog.ts';
import { bundledChannels, channelEnvironment, type Environment, readChannelFiles } from './channel-files.ts';
import { checkSettingHosts, outboundRules } from './outbound.ts';

export interface CheckedChannels {
  readonly channels: readonly CompiledChannel[];
  /** What they were compiled with. Its doors and destinations can be opened once `running` has something to give. */
  readonly catalog: ChannelCatalog;
  /** The same, with the steps of another map. */
  readonly catalogFor: (maps: MapSet) => ChannelCatalog;
  /** Files of rows from HL7 v2 to HL7 v2 that they name, and their tables, by path in the folder of the channels. */
  readonly beside: MapFiles;
  readonly parts: DefinitionParts;
}

/**
 * Reads every channel file and finds what is wrong with it, without starting anything: form, variables, conditions, keys, kinds and their settings,
 * files that they name, doors that are taken twice or open to others, hosts outside `outbound.allow`. The maps and models are loaded for it.
 * `serve` starts from what this gives, so that what passes `config check` is what runs.
 *
 * @param running what doors and destinations are opened on; a check that opens nothing leaves it out
 * @throws BH_CONFIG_*, BH_MODEL_* with file and line; BH_MAP_DEFINITION
 */
export async function checkChannels(
  { config, environment, keys }: { config: Config; environment: Environment; keys: Keys },
  running: () => RunningParts = nothingRuns,
): Promise<CheckedChannels> {
  const site = siteOf(config);
  // What would be deployed at start is checked; what is in force is in the store, which nothing opens here.
  const overlay = overlayOf(config);
  if (overlay !== undefined) mapOf(site, overlay);
  const outbound = outboundRules(config.outbound.allow);
  checkSettingHosts(config, outbound);
  const parts = {
    config,
    keys,
    site,
    outbound,
    models: await loadModels([config.inference.models ?? bundledModelsFolder()]),
    hl7ToFhir: loadHl7ToFhirMap({ site }),
    fhirToHl7: loadFhirToHl7Map({ site }),
  };
  const folder = config.channels.folder ?? bundledChannels;
  const beside = new Map<string, string>();
  const editRows = (file: string): Hl7ToHl7Map =>
    loadHl7ToHl7Map(resolve(folder, file), (path, text) => {
      beside.set(relative(folder, path).replaceAll(sep, '/'), text);
    });
  const catalog = channelCatalog({ ...parts, running, editRows });
  const files = await readChannelFiles(config.channels.folder);
  const channels = compileChannels(files, catalog, channelEnvironment(config, environment));
  await checkEdges(channels);
  const catalogFor = ({ hl7ToFhir, fhirToHl7, edit }: MapSet) => {
    const { site } = hl7ToFhir;
    return channelCatalog({
      ...parts,
      running,
      hl7ToFhir,
      fhirToHl7,
      site,
      editRows: (file) => edit(file) ?? editRows(file),
    });
  };
  return { channels, catalog, catalogFor, beside, parts };
}

function nothingRuns(): never {
  assert(false, 'a check opens nothing');
}
