import type { MessageFile } from './schema.ts';
import type { YamlFile } from './yaml-file.ts';

/**
 * Messages that are as another one, but for their groups: a result by specimen (OUL) has the resources of a result (ORU). What the file says
 * itself stands above: a resource of the same name takes the place of the other's.
 */
export function resolveLikes(
  files: ReadonlyMap<string, YamlFile<MessageFile>>,
): ReadonlyMap<string, YamlFile<MessageFile>> {
  return new Map([...files].map(([name, file]) => [name, resolved(file, files)]));
}

function resolved(
  file: YamlFile<MessageFile>,
  files: ReadonlyMap<string, YamlFile<MessageFile>>,
): YamlFile<MessageFile> {
  const { content } = file;
  if (content.like === undefined) {
    return content.resources.length > 0 ? file : file.fail([], 'resources: there are none');
  }
  const other = files.get(content.like)?.content;
  if (other === undefined || other.like !== undefined)
    return file.fail(['like'], `${content.like} is no message with resources of its own`);
  const own = new Map(content.resources.map((resource) => [resource.name, resource]));
  const resources = [
    ...other.resources.map((resource) => own.get(resource.name) ?? resource),
    ...content.resources.filter(({ name }) => !other.resources.some((one) => one.name === name)),
  ];
  const groups = Object.keys(content.groups).length > 0 ? content.groups : other.groups;
  return {
    ...file,
    content: { ...content, groups, resources, ignore: { ...other.ignore, ...content.ignore } },
  };
}
