import { BitHiveError } from '../../../core/errors.ts';
import { type CompiledResource, compileResource } from './compile-resource.ts';
import { compileGrouping, type Grouping } from './grouping.ts';
import type { Vocabulary } from './row-options.ts';
import type { MessageFile, SegmentFile } from './schema.ts';
import type { YamlFile } from './yaml-file.ts';

/** All that is done for the messages of one structure. */
export interface CompiledMessage {
  readonly name: string;
  readonly takes: readonly string[];
  readonly groupings: ReadonlyMap<string, Grouping>;
  readonly resources: readonly CompiledResource[];
  readonly ignored: ReadonlyMap<string, ReadonlySet<number>>;
}

/** Throws BH_MAP_DEFINITION with file and line. */
export function compileMessage(
  file: YamlFile<MessageFile>,
  maps: ReadonlyMap<string, YamlFile<SegmentFile>>,
  vocabulary: Vocabulary,
): CompiledMessage {
  const ignored = new Map<string, Set<number>>();
  const ignore = (segment: string, field: number): void => {
    const fields = ignored.get(segment);
    if (fields === undefined) ignored.set(segment, new Set([field]));
    else fields.add(field);
  };
  for (const path of Object.keys(file.content.ignore)) {
    const match =
      /^([A-Z][A-Z0-9]{2})-(\d+)$/.exec(path) ?? file.fail(['ignore', path], `${path} is not a field`);
    ignore(match[1]!, Number(match[2]));
  }
  const groupings = new Map<string, Grouping>();
  for (const [name, spec] of Object.entries(file.content.groups)) {
    if (spec.within !== undefined && !groupings.has(spec.within))
      file.fail(['groups', name], `within ${spec.within}, which is no group before it`);
    groupings.set(name, compileGrouping(spec));
  }
  const resources = file.content.resources.map((spec, index) => {
    if (spec.group !== undefined && !groupings.has(spec.group)) {
      file.fail(['resources', index, 'group'], `unknown group: ${spec.group}`);
    }
    return conditionsSaidAt(file, index, () => compileResource(file, index, maps, vocabulary, ignore));
  });
  return { name: file.content.message, takes: file.content.takes, groupings, resources, ignored };
}

/** What is wrong with a `when` of a resource, its parts and links has the place of the resource. */
function conditionsSaidAt<T>(file: YamlFile<MessageFile>, index: number, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof BitHiveError) || error.code !== 'BH_CONFIG_EXPRESSION') throw error;
    const { name } = file.content.resources[index]!;
    return file.fail(['resources', index], `resource ${name}: when: ${error.detail}`);
  }
}
