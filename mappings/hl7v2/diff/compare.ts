import type { BundleEntry, FhirValue } from '../../bundle/bundle.ts';
import { isObject } from '../../bundle/bundle.ts';
import type { Explanation } from '../issue.ts';
import type { Conversion } from '../load.ts';

type Leaf = string | number | boolean;

/** One element of the Bundle of a message that two maps make otherwise. */
export interface Change {
  readonly kind: 'added' | 'removed' | 'changed';
  /** `Patient`; with the path it names the element. */
  readonly resource: string;
  readonly fullUrl: string;
  /** `name[0].family`; `(resource)` for all of it, `(request)` for how it is written, which holds its identity. */
  readonly path: string;
  readonly before?: Leaf;
  readonly after?: Leaf;
  /** Of the map that has the element; of the new one where both have it. */
  readonly row: string;
  readonly file: string;
}

/** A conversion with its explanations, and the version that its Provenance names. */
export interface Side {
  readonly conversion: Conversion;
  readonly version: string;
}

/**
 * What differs between the Bundles that two maps make of one message, in the order of the Bundle. That they have two versions is no difference. A resource whose
 * identity changed is told as that once, not at every reference to it.
 */
export function compareConversions(old: Side, fresh: Side): readonly Change[] {
  const before = entriesOf(old);
  const after = entriesOf(fresh);
  const renamed = renamedOf(before, after);
  const same = (text: string): string =>
    renamed.get(text) ?? (text.includes(old.version) ? text.replaceAll(old.version, fresh.version) : text);
  const changes: Change[] = [];
  const matched = new Set<string>();
  const [whyBefore, whyAfter] = [originsOf(old), originsOf(fresh)];
  for (const [fullUrl, entry] of before) {
    const now = renamed.get(fullUrl) ?? fullUrl;
    const other = after.get(now);
    if (other === undefined) changes.push(whole('removed', entry, whyBefore));
    else {
      matched.add(now);
      changes.push(...changesOf(entry, other, same, whyBefore, whyAfter));
    }
  }
  for (const [fullUrl, entry] of after)
    if (!matched.has(fullUrl)) changes.push(whole('added', entry, whyAfter));
  return changes;
}

/** Of the transaction that goes first too; what both have is in the main one. */
function entriesOf({ conversion }: Side): ReadonlyMap<string, BundleEntry> {
  return new Map(conversion.bundle.entry.map((entry) => [entry.fullUrl, entry]));
}

/** Resources of one type that are only in the one and only in the other, in their order, where there are as many: the same with another identity. */
function renamedOf(
  before: ReadonlyMap<string, BundleEntry>,
  after: ReadonlyMap<string, BundleEntry>,
): ReadonlyMap<string, string> {
  const only = (one: ReadonlyMap<string, BundleEntry>, other: ReadonlyMap<string, BundleEntry>) => {
    const byType = new Map<string, string[]>();
    for (const [fullUrl, { resource }] of one) {
      if (other.has(fullUrl)) continue;
      const list = byType.get(resource.resourceType) ?? [];
      list.push(fullUrl);
      byType.set(resource.resourceType, list);
    }
    return byType;
  };
  const gone = only(before, after);
  const come = only(after, before);
  const renamed = new Map<string, string>();
  for (const [type, urls] of gone) {
    const others = come.get(type) ?? [];
    if (others.length === urls.length) for (const [at, url] of urls.entries()) renamed.set(url, others[at]!);
  }
  return renamed;
}

type Origins = (fullUrl: string, path: string) => Pick<Explanation, 'row' | 'file'>;
const nobody = { row: '', file: '' };
/** How a resource is written says what identifies it, which is more than one row. */
const identity = { row: '(identity)', file: '' };

/** Who made an element: the explanation of it or of what it stands in. */
function originsOf({ conversion }: Side): Origins {
  const known = new Map<string, Explanation>();
  for (const one of conversion.explanations ?? []) {
    const path = one.output.slice(one.output.indexOf('.') + 1);
    const key = `${one.resource} ${path}`;
    if (!known.has(key)) known.set(key, one);
  }
  const makers = new Map([...(conversion.explanations ?? [])].reverse().map((one) => [one.resource, one]));
  return (fullUrl, path) => {
    for (let at = path; at !== ''; at = above(at)) {
      const found = known.get(`${fullUrl} ${at}`);
      if (found !== undefined) return found;
    }
    return path === '(resource)' ? (makers.get(fullUrl) ?? nobody) : nobody;
  };
}

/** The element that holds one: `name[0].family`, `name[0]`, `name`, nothing. */
const above = (path: string): string =>
  path.slice(0, Math.max(0, path.lastIndexOf('.'), path.lastIndexOf('[')));

function changesOf(
  before: BundleEntry,
  after: BundleEntry,
  same: (text: string) => string,
  whyBefore: Origins,
  whyAfter: Origins,
): readonly Change[] {
  const at = { resource: after.resource.resourceType, fullUrl: after.fullUrl };
  const changes: Change[] = [];
  const [asked, asks] = [requestText(before), requestText(after)];
  if (same(asked) !== asks)
    changes.push({
      kind: 'changed',
      ...at,
      path: '(request)',
      before: asked,
      after: asks,
      ...identity,
    });
  const old = leavesOf(before.resource);
  const fresh = leavesOf(after.resource);
  for (const [path, value] of old) {
    const now = fresh.get(path);
    const expected = typeof value === 'string' ? same(value) : value;
    if (now === undefined)
      changes.push({
        kind: 'removed',
        ...at,
        path,
        before: value,
        ...origin(whyBefore, before.fullUrl, path),
      });
    else if (now !== expected)
      changes.push({
        kind: 'changed',
        ...at,
        path,
        before: value,
        after: now,
        ...origin(whyAfter, at.fullUrl, path),
      });
  }
  for (const [path, value] of fresh) {
    if (!old.has(path))
      changes.push({ kind: 'added', ...at, path, after: value, ...origin(whyAfter, at.fullUrl, path) });
  }
  return changes;
}

const requestText = ({ request: { method, url, ifNoneExist } }: BundleEntry): string =>
  `${method} ${url}${ifNoneExist === undefined ? '' : ` if none exists: ${ifNoneExist}`}`;

function whole(kind: 'added' | 'removed', { fullUrl, resource }: BundleEntry, why: Origins): Change {
  return {
    kind,
    resource: resource.resourceType,
    fullUrl,
    path: '(resource)',
    ...origin(why, fullUrl, '(resource)'),
  };
}

function origin(why: Origins, fullUrl: string, path: string): Pick<Change, 'row' | 'file'> {
  const { row, file } = why(fullUrl, path);
  return { row, file };
}

function leavesOf(resource: FhirValue): ReadonlyMap<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  const add = (path: string, value: FhirValue): void => {
    if (Array.isArray(value)) for (const [at, item] of value.entries()) add(`${path}[${at}]`, item);
    else if (isObject(value))
      for (const [name, inner] of Object.entries(value)) add(path === '' ? name : `${path}.${name}`, inner);
    else leaves.set(path, value);
  };
  add('', resource);
  return leaves;
}
