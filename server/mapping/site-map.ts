import type { Config } from '../../config/index.ts';
import { type Hl7ToFhirMap, loadHl7ToFhirMap, type Overlay, readOverlay } from '../../mappings/index.ts';
import { parseSiteSettings, type SiteSettings } from '../../mappings/site.ts';

/** The site as the mappings read it; its name is for people only. */
export function siteOf(config: Config): SiteSettings {
  const { name: _name, ...site } = config.site;
  return parseSiteSettings(site);
}

/** The overlay that the settings name, when they name one. Throws BH_MAP_DEFINITION. */
export function overlayOf(config: Config): Overlay | undefined {
  return config.mappings.folder === undefined ? undefined : readOverlay(config.mappings.folder);
}

/** The rows that come with the engine with an overlay above them. Throws BH_MAP_DEFINITION with file and line. */
export function mapOf(site: SiteSettings, overlay: Overlay | undefined): Hl7ToFhirMap {
  return loadHl7ToFhirMap({ site, ...(overlay === undefined ? {} : { overlay }) });
}
