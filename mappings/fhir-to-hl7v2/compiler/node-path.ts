import { BitHiveError } from '../../../core/errors.ts';
import { isObject, listOf } from '../resource-graph.ts';
import type { Node, OutboundRun } from '../run.ts';
import { leafText } from '../values/digits.ts';

/** Every node at a path, in its order. */
export type NodeReader = (run: OutboundRun, node: Node) => readonly Node[];

type Selects = (run: OutboundRun, nodes: readonly Node[]) => readonly Node[];

const rootNames = new Set(['$site', '$message', '$focus', '$header', '$number', '$sub']);
const stepPattern = /([./]|^)([A-Za-z]+|\$[a-z]+)?(?:\[([^\]]*)\])?/gy;

/**
 * A path into a FHIR resource: `name.family`, `identifier[0].value` (by number), `identifier[type.coding.code:PLAC].value` (those where a
 * text at the inner path is the value; `telecom[use:]` those without one; `performer[/resourceType:Practitioner]` over the reference), `value[x]` (whichever of the choice is there), `subject/birthDate` and `subject/` (over a
 * reference, to the resource that it means), `.` (the node itself). `$site`, `$message`, `$focus`, `$header`, `$number` and `$sub` begin elsewhere.
 *
 * @returns the reader, and the name of the element that it begins with, absent for other beginnings
 * @throws BH_MAP_DEFINITION
 */
export function compileNodePath(text: string): { readonly read: NodeReader; readonly first?: string } {
  if (text === '.') return { read: (_run, node) => [node] };
  const selects: Selects[] = [];
  let root: string | undefined;
  let first: string | undefined;
  // Of its own: selectors hold paths, which are read in between.
  const step = new RegExp(stepPattern);
  let end = 0;
  for (let match = step.exec(text); match !== null && match[0] !== ''; match = step.exec(text)) {
    const [whole, mark, name, selector] = match;
    const isFirst = end === 0;
    end += whole.length;
    if (isFirst && mark === '.') fail(text);
    if (mark === '/') selects.push(follow);
    else if (name === undefined) fail(text);
    if (name?.startsWith('$')) {
      if (!isFirst || !rootNames.has(name)) fail(text);
      root = name.slice(1);
    } else if (name !== undefined) {
      if (isFirst && mark === '') first = name;
      selects.push(selector === 'x' ? choice(name) : member(name));
    }
    if (selector !== undefined && selector !== 'x') selects.push(selected(selector, text));
  }
  if (end !== text.length || end === 0) fail(text);
  const read: NodeReader = (run, node) => {
    let nodes: readonly Node[] = root === undefined ? [node] : listOf(run.roots[root]);
    for (const select of selects) {
      if (nodes.length === 0) return nodes;
      nodes = select(run, nodes);
    }
    return nodes;
  };
  return first === undefined ? { read } : { read, first };
}

function fail(text: string): never {
  throw new BitHiveError('BH_MAP_DEFINITION', `"${text.slice(0, 100)}" is no path into a resource`);
}

const follow: Selects = (run, nodes) =>
  nodes.map((node) => run.graph.resolve(node)).filter((found) => found !== undefined);

const member =
  (name: string): Selects =>
  (_run, nodes) =>
    nodes.flatMap((node) => (isObject(node) && Object.hasOwn(node, name) ? listOf(node[name]) : []));

/** `value[x]`: the member that begins with the name and goes on with a type. */
const choice = (name: string): Selects => {
  const isOfChoice = (key: string): boolean => key.startsWith(name) && /^[A-Z]/.test(key.slice(name.length));
  return (_run, nodes) =>
    nodes.flatMap((node) =>
      isObject(node)
        ? Object.keys(node)
            .filter(isOfChoice)
            .flatMap((key) => listOf(node[key]))
        : [],
    );
};

function selected(selector: string, text: string): Selects {
  if (/^\d{1,4}$/.test(selector)) return (_run, nodes) => nodes.slice(Number(selector), Number(selector) + 1);
  const at = selector.indexOf(':');
  if (at < 1) return fail(text);
  const { read } = compileNodePath(selector.slice(0, at));
  const wanted = selector.slice(at + 1);
  const isSo = (texts: readonly string[]): boolean =>
    wanted === '' ? texts.every((one) => one === '') : texts.includes(wanted);
  return (run, nodes) => nodes.filter((node) => isSo(read(run, node).map(leafText)));
}

/** The texts at a path, for conditions: an element that has parts counts as valued. */
export function textsAt(read: NodeReader, run: OutboundRun, node: Node): readonly string[] {
  return read(run, node).map((one) => (isObject(one) ? '{}' : leafText(one)));
}
