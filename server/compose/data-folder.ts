import { join } from 'node:path';
import type { Config } from '../../config/index.ts';

/** File of the API token. */
export const tokenFileOf = (config: Config): string =>
  config.http.auth.tokenFile ?? join(config.data, 'api-token');

/** Folder of large bodies. */
export const blobsFolderOf = (config: Config): string => join(config.data, 'blobs');
