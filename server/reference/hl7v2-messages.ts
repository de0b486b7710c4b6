import type { MapFolder } from '../../mappings/hl7v2/compiler/read-folder.ts';
import type { MessageFile, ResourceSpec } from '../../mappings/hl7v2/compiler/schema.ts';
import { fixedText, rowsAnchor } from './hl7v2-rows.ts';
import { code, markdownTable } from './markdown.ts';

const head = ['Segment', 'Resource', 'Rows', 'When', 'Identity', 'Refers to'];

/** One section per message file: which segment becomes which resource, by which rows. */
export function messageSections({ messages }: MapFolder): readonly string[] {
  return [...messages].map(([name, { content }]) =>
    [
      `### ${name}`,
      `${content.takes.map(takenText).join(', ')}`,
      ...groupsText(content),
      markdownTable(head, content.resources.map(resourceRow)),
      ...ignoreText(content),
    ].join('\n\n'),
  );
}

const takenText = (type: string): string =>
  type === '*' ? 'Every type without a section of its own' : code(type);

function groupsText({ groups }: MessageFile): readonly string[] {
  const lines = Object.entries(groups).map(([name, { opens, holds, within, spans }]) => {
    const around = within === undefined ? '' : ` within ${within}`;
    const held = spans ? 'everything up to the next' : holds.filter((one) => !opens.includes(one)).join(', ');
    return `- group ${name}${around}: opens at ${opens.join(' or ')}${held === '' ? '' : `; holds ${held}`}`;
  });
  return lines.length === 0 ? [] : [lines.join('\n')];
}

function resourceRow(spec: ResourceSpec): readonly string[] {
  const anchors = listOf(spec.anchor).join(' or ');
  return [
    `${anchors}${spec.each || spec.group !== undefined ? `, each${spec.group === undefined ? '' : ` ${spec.group}`}` : ''}`,
    `${spec.type}${spec.write === 'update' ? '' : ` (${writes[spec.write]})`}`,
    rowsText(spec),
    spec.when === undefined ? '' : code(spec.when),
    identityText(spec),
    referencesText(spec),
  ];
}

const writes: { readonly [write: string]: string } = {
  ensure: 'created where it is not there',
  patch: 'patched',
  record: 'recorded',
  contained: 'contained',
};

function rowsText({ maps, parts, defaults }: ResourceSpec): string {
  const lines = maps.map(rowsAnchor);
  for (const part of parts) {
    const place = part.to === undefined ? '' : ` into ${code(part.to)}`;
    const when = part.when === undefined ? '' : ` when ${code(part.when)}`;
    lines.push(
      `each ${listOf(part.segment).join(' or ')}${place}: ${listOf(part.map).map(rowsAnchor).join(', ')}${when}`,
    );
  }
  const filled = fixedText(defaults);
  if (filled !== '') lines.push(`else ${filled}`);
  return lines.join('<br>');
}

function identityText({ key, write, apart }: ResourceSpec): string {
  if (write === 'contained') return '';
  const alternatives = key.map((one) => (one === 'identifier' ? 'identifier' : one.join(' + ')));
  return `${alternatives.join('; else ')}${apart === undefined ? '' : `; apart by ${apart}`}`;
}

function referencesText({ link, back, peers }: ResourceSpec): string {
  const links = Object.entries(link).map(([to, one]) => {
    const names = listOf(one).map((other) => (typeof other === 'string' ? other : other.resource));
    return `${code(to)}: ${names.join(', ')}`;
  });
  const backs = listOf(back ?? []).map((one) => `in ${one.resource} at ${code(one.to)}`);
  return [...links, ...backs, ...(peers === undefined ? [] : [`${code(peers.to)}: each other`])].join('<br>');
}

function ignoreText({ ignore }: MessageFile): readonly string[] {
  const fields = Object.entries(ignore).map(([path, why]) => `- ${path}: ${why}`);
  return fields.length === 0 ? [] : [`Not carried:\n\n${fields.join('\n')}`];
}

const listOf = <T>(one: T | readonly T[]): readonly T[] => (Array.isArray(one) ? one : [one as T]);
