/** What a field or component must be for a condition of the guide to hold. */
export type Demand =
  | { readonly path: string; readonly kind: 'valued' }
  | { readonly path: string; readonly kind: 'empty' }
  | { readonly path: string; readonly kind: 'value'; readonly text: string }
  | { readonly path: string; readonly kind: 'not'; readonly texts: readonly string[] };

const path = String.raw`[A-Z][A-Z0-9]{1,2}[-.]?\d+(?:\.\d+)*`;
const quoted = `["'][^"']*["']`;
const token = new RegExp(
  [
    `(?<path>${path})`,
    `(?<notIn>NOT\\s+IN)`,
    `(?<notEquals>IS\\s+NOT\\s+(?=["'])|(?:VALUED\\s+)?NOT\\s+EQUALS?(?:\\s+TO)?|NOT\\s+(?=["']))`,
    `(?<empty>(?:IS\\s+)?(?:NOT\\s+VALUED?|EMPTY)|DOES\\s+NOT\\s+EXIST)`,
    `(?<valued>(?:IS\\s+)?VALUED?)`,
    `(?<in>\\bIN\\b)`,
    `(?<equals>=|\\bEQUALS?\\b(?:\\s+TO)?|\\bIS\\b(?=\\s*["']))`,
    `(?<text>${quoted})`,
    `(?<or>\\bOR\\b)`,
  ].join('|'),
  'gi',
);

/**
 * The demands of the first alternative of a condition in the guide's ANTLR column, as far as they can be read. `own` is the path of the row,
 * which a bare `NOT VALUED` means. Several paths before one predicate all get it.
 */
export function demandsOf(condition: string, own: string): readonly Demand[] {
  const demands: Demand[] = [];
  let paths: string[] = [];
  let verb = '';
  let texts: string[] = [];
  const finish = (): void => {
    const subjects = paths.length > 0 ? paths : [own];
    if (verb === 'empty' || verb === 'valued')
      for (const one of subjects) demands.push({ path: one, kind: verb });
    if (texts.length > 0 && (verb === 'in' || verb === 'equals'))
      for (const one of subjects) demands.push({ path: one, kind: 'value', text: texts.at(-1)! });
    if (texts.length > 0 && (verb === 'notIn' || verb === 'notEquals'))
      for (const one of subjects) demands.push({ path: one, kind: 'not', texts });
    [paths, verb, texts] = [[], '', []];
  };
  for (const { groups = {} } of condition.replace(/^\s*IF\s*/i, '').matchAll(token)) {
    const [kind, text] = Object.entries(groups).find(([, found]) => found !== undefined)!;
    if (kind === 'or') {
      // Of alternatives the first is enough; paths that share one predicate (`A OR B VALUED`) are no alternatives of it.
      if (verb !== '') break;
      continue;
    }
    if (kind === 'path') {
      if (verb !== '') finish();
      paths.push(normalPath(text!, own));
    } else if (kind === 'text') texts.push(text!.slice(1, -1));
    else {
      if (verb !== '') finish();
      verb = kind;
    }
  }
  finish();
  return demands;
}

const datatypes = new Set(['CX', 'HD', 'PL', 'SN', 'ED', 'XAD', 'CWE', 'XON', 'XPN', 'XCN', 'XTN', 'RPT']);

/** `HD-3` and `PL3` are components: `HD.3`. In a sheet of a segment they are of the row's own field, and `ORC.1` is a field. */
function normalPath(text: string, own: string): string {
  const [, name = '', rest = ''] = /^([A-Z][A-Z0-9]{1,2}?)[-.]?(\d+(?:\.\d+)*)$/.exec(text) ?? [];
  if (!own.includes('-')) return `${name}.${rest}`;
  return datatypes.has(name) ? `${own}.${rest}` : `${name}-${rest}`;
}
