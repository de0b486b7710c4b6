import { isMap, isScalar, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import { BitHiveError } from '../core/errors.ts';
import type { Layer, LayerValue } from './layer.ts';
import { suggestion } from './nearest.ts';
import { sections, settings } from './setting.ts';

const known = new Map(settings.map((setting) => [setting.key, setting]));

/**
 * Reads the settings of one YAML text.
 *
 * @param file as it shall appear in messages
 * @param folder base of its relative paths
 * @throws BH_CONFIG_SYNTAX, BH_CONFIG_KEY with file and line
 */
export function readFileLayer(text: string, file: string, folder: string): Layer {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number) => `${file}:${lines.linePos(offset).line}`;
  const fault = document.errors[0];
  if (fault) {
    const message = fault.message.split('\n')[0] ?? 'not YAML';
    throw new BitHiveError('BH_CONFIG_SYNTAX', `${at(fault.pos[0])}: ${message}`, { cause: fault });
  }
  const layer = new Map<string, LayerValue>();
  const root: unknown = document.contents;
  if (root !== null) walk(root, '', 0);
  return layer;

  function walk(node: unknown, section: string, offset: number): void {
    if (isScalar(node) && node.value === null) return;
    if (!isMap(node)) {
      throw new BitHiveError(
        'BH_CONFIG_SYNTAX',
        `${at(offset)}: ${section || 'the file'} must be a map of settings`,
      );
    }
    for (const pair of node.items) take(pair as Pair<Node, Node | null>, section);
  }

  function take(pair: Pair<Node, Node | null>, section: string): void {
    const offset = pair.key.range?.[0] ?? 0;
    const name = String(isScalar(pair.key) ? pair.key.value : pair.key);
    const key = section === '' ? name : `${section}.${name}`;
    const setting = known.get(key);
    if (setting) {
      const value: unknown = pair.value === null ? null : pair.value.toJS(document, { maxAliasCount: 100 });
      layer.set(key, { value, origin: at(offset), folder });
    } else if (sections.has(key)) {
      walk(pair.value, key, offset);
    } else {
      throw new BitHiveError(
        'BH_CONFIG_KEY',
        `${at(offset)}: ${key}${suggestion(key, [...known.keys(), ...sections])}`,
      );
    }
  }
}
