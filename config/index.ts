export { type Exposure, refuseExposed } from './exposure.ts';
export { type HostPattern, isHostPattern, parseHostPattern } from './host-pattern.ts';
export { type Explanation, type LoadedConfig, type LoadOptions, loadConfig } from './load.ts';
export { isLoopback, isProtectedUrl } from './loopback.ts';
export { nearest, suggestion } from './nearest.ts';
export type { Environment } from './read-environment.ts';
export { settingFlags } from './read-flags.ts';
export { type Config, configSchema, type RoleName, roleNames, type TlsConfig } from './schema.ts';
export { type Setting, settings } from './setting.ts';
