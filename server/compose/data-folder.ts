import { join } from 'node:path';
import type { Config } from '../../config/index.ts';

/** File of the API token. */
export const tokenFileOf = (config: Config): string =>
  config.http.auth.tokenFile ?? join(config.data, 'api-token');

/** File of the raised alerts. */
export const alertFileOf = (config: Config): string => join(config.data, 'alerts.json');

/** Folder of large bodies. */
export const blobsFolderOf = (config: Config): string => join(config.data, 'blobs');
