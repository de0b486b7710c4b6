import { readYamlFile, type YamlFile } from '../compiler/yaml-file.ts';
import { type CaseFacts, caseSchema } from './case-file.ts';

/** Throws BH_MAP_DEFINITION with file and line. */
export function readCase(name: string, text: string): YamlFile<CaseFacts> {
  return readYamlFile(name, text, caseSchema);
}
