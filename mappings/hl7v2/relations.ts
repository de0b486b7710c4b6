import type { Hl7Segment } from '../../formats/hl7v2/index.ts';
import type { FhirObject, FhirValue, Resource } from '../bundle/bundle.ts';
import type { Groups } from './compiler/grouping.ts';
import type { Made, MadeResources } from './compiler/made-resources.ts';
import type { Run } from './run.ts';
import { textAt } from './values/value-type.ts';

/** What one order of a message gave. */
interface OrderResults {
  readonly obr: Hl7Segment | undefined;
  readonly orc: Hl7Segment | undefined;
  request: Made | undefined;
  readonly observations: { readonly made: Made; readonly obx: Hl7Segment }[];
}

/**
 * What only several results together say:
 * - OBX-4 in outline form: `1.2` is a member of `1` in the same report (HL7 v2.8.2 7.4.2.4);
 * - OBR-29, OBR-54 or ORC-8 name the order that led to this one: its request is `basedOn`; OBR-26 names the result that did, of which
 *   this order's results are members (a culture and the sensitivities of what grew; HL7 v2.5.1 7.4.1.26, 7.4.1.29).
 */
export function relateResults(run: Run, made: MadeResources, kind: string, groups: Groups): void {
  const orders = ordersOf(run, made, kind, groups);
  let byNumber: ReadonlyMap<string, readonly OrderResults[]> | undefined;
  for (const order of orders) {
    if (order === undefined) continue;
    relateSubIds(order);
    const parent = parentNumbers(order);
    if (parent === undefined) continue;
    byNumber ??= ordersByNumber(orders);
    relateParent(run, order, parent, byNumber);
  }
}

function ordersOf(
  run: Run,
  made: MadeResources,
  ofKind: string,
  groups: Groups,
): readonly (OrderResults | undefined)[] {
  const orders: (OrderResults | undefined)[] = [];
  for (const one of made.list) {
    const { kind, group, anchor } = one.frame;
    if (kind !== ofKind) continue;
    const isObservation = one.spec.type === 'Observation';
    if (!isObservation && one.spec.type !== 'ServiceRequest') continue;
    let order = orders[group];
    if (order === undefined) {
      const [obr, orc] = ['OBR', 'ORC'].map((name) => groups.visible(group, name)[0]);
      order = { obr, orc, request: undefined, observations: [] };
      orders[group] = order;
    }
    if (isObservation) order.observations.push({ made: one, obx: anchor });
    else order.request ??= one;
  }
  return run.message.first('OBR') === undefined ? [] : orders;
}

function relateSubIds({ observations }: OrderResults): void {
  const bySubId = new Map<string, Made | undefined>();
  let hasOutline = false;
  for (const { made, obx } of observations) {
    if (!obx.has(4)) continue;
    const subId = textAt(obx, 4, 1, 1, 0);
    hasOutline ||= subId.includes('.');
    // Of several with one sub-id nothing says which of them has the members.
    bySubId.set(subId, bySubId.has(subId) ? undefined : made);
  }
  if (!hasOutline) return;
  for (const { made, obx } of observations) {
    const subId = textAt(obx, 4, 1, 1, 0);
    const end = subId.lastIndexOf('.');
    const parent = end <= 0 ? undefined : bySubId.get(subId.slice(0, end));
    if (parent !== undefined) addReference(parent.resource, 'hasMember', { reference: made.fullUrl });
  }
}

/** An order by its numbers, and the field that says them. */
interface ParentNumbers {
  readonly segment: Hl7Segment;
  readonly field: number;
}

function parentNumbers({ obr, orc }: OrderResults): ParentNumbers | undefined {
  if (obr?.has(29) === true) return { segment: obr, field: 29 };
  if (obr?.has(54) === true) return { segment: obr, field: 54 };
  return orc?.has(8) === true ? { segment: orc, field: 8 } : undefined;
}

function ordersByNumber(
  orders: readonly (OrderResults | undefined)[],
): ReadonlyMap<string, readonly OrderResults[]> {
  const byNumber = new Map<string, OrderResults[]>();
  const add = (kind: string, segment: Hl7Segment | undefined, field: number, order: OrderResults): void => {
    const number = segment === undefined ? '' : textAt(segment, field, 1, 1, 0);
    if (number === '') return;
    const list = byNumber.get(kind + number);
    if (list === undefined) byNumber.set(kind + number, [order]);
    else if (list[list.length - 1] !== order) list.push(order);
  };
  for (const order of orders) {
    if (order === undefined) continue;
    add('placer ', order.obr, 2, order);
    add('placer ', order.orc, 2, order);
    add('filler ', order.obr, 3, order);
    add('filler ', order.orc, 3, order);
  }
  return byNumber;
}

function relateParent(
  run: Run,
  order: OrderResults,
  { segment, field }: ParentNumbers,
  byNumber: ReadonlyMap<string, readonly OrderResults[]>,
): void {
  const [placer, filler] = [1, 2].map((component) => textAt(segment, field, 1, component, 0));
  const named = byNumber.get(`filler ${filler}`) ?? byNumber.get(`placer ${placer}`) ?? [];
  const others = named.filter((one) => one !== order);
  const result = order.obr === undefined ? undefined : parentResult(order.obr, others);
  const parent = result?.order ?? others[0];
  if (order.request !== undefined) {
    const own = order.request.fullUrl;
    const reference: FhirObject | undefined =
      parent?.request !== undefined && parent.request.fullUrl !== own
        ? { reference: parent.request.fullUrl }
        : parent === undefined
          ? logicalReference(run, segment, field)
          : undefined;
    if (reference !== undefined) addReference(order.request.resource, 'basedOn', reference);
  }
  if (order.request !== undefined || parent !== undefined) take(run, segment, field);
  if (result === undefined) return;
  take(run, order.obr!, 26);
  for (const { made } of order.observations)
    addReference(result.made.resource, 'hasMember', { reference: made.fullUrl });
}

/** The result that OBR-26 names, by its code and sub-id. */
function parentResult(
  obr: Hl7Segment,
  orders: readonly OrderResults[],
): { readonly order: OrderResults; readonly made: Made } | undefined {
  if (!obr.has(26)) return undefined;
  const [code, subId] = [textAt(obr, 26, 1, 1, 1), textAt(obr, 26, 1, 2, 0)];
  for (const order of orders) {
    const found = order.observations.filter(
      ({ obx }) => textAt(obx, 3, 1, 1, 0) === code && (subId === '' || textAt(obx, 4, 1, 1, 0) === subId),
    );
    if (found.length === 1) return { order, made: found[0]!.made };
  }
  return undefined;
}

/** The order is not in the message: by its placer's number, under which orders are written, else by the filler's. */
function logicalReference(run: Run, segment: Hl7Segment, field: number): FhirObject | undefined {
  for (const [component, space] of [
    [1, 'placer-order'],
    [2, 'filler-order'],
  ] as const) {
    const part = (n: number): string => textAt(segment, field, 1, component, n);
    const value = part(1);
    if (value === '') continue;
    const system = run.site.systems.of(
      { namespaceId: part(2), universalId: part(3), universalIdType: part(4) },
      space,
    );
    return { type: 'ServiceRequest', identifier: { system, value } };
  }
  return undefined;
}

function addReference(resource: Resource, name: string, reference: FhirObject): void {
  const list = (resource[name] as FhirValue[] | undefined) ?? [];
  if (list.length === 0) resource[name] = list;
  list.push(reference);
}

const take = (run: Run, segment: Hl7Segment, field: number): void =>
  run.take(segment, field, { rep: 1, component: 0, subcomponent: 0, covers: 'all' });
