export { type Exposure, isLoopback, refuseExposed } from './exposure.ts';
export { type Explanation, type LoadedConfig, type LoadOptions, loadConfig } from './load.ts';
export { nearest, suggestion } from './nearest.ts';
export type { Environment } from './read-environment.ts';
export { settingFlags } from './read-flags.ts';
export { type Config, configSchema, type RoleName, roleNames, type TlsConfig } from './schema.ts';
export { type Setting, settings } from './setting.ts';
