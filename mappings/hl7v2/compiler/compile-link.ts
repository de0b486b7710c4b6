import type { FhirObject, Resource } from '../../bundle/bundle.ts';
import type { Run } from '../run.ts';
import { type CompiledRow, writeRows } from './compile-rows.ts';
import { referenceTo } from './contained.ts';
import { type Frame, frameCondition, type Slots } from './frame.ts';
import type { Made, MadeResources } from './made-resources.ts';
import { compileOutputPath } from './output-path.ts';
import { fixedOf } from './row-options.ts';
import type { BackSpec, MessageFile, ResourceSpec } from './schema.ts';

type LinkWrite = (run: Run, made: MadeResources, frame: Frame, resource: Resource) => void;

type Fail = (why: string) => never;

/**
 * A reference from a resource to another of the message; of every one of a kind where a resource of the whole message, or of a group around
 * them, has a list.
 */
export function compileLink(
  spec: ResourceSpec,
  to: string,
  link: string | { readonly resource: string; readonly with?: object | undefined },
  file: MessageFile,
  fail: Fail,
): LinkWrite {
  const path = compileOutputPath(spec.type, to, fail);
  if (!path.types.includes('Reference')) fail(`${to} is not a reference`);
  const { resource: name, with: fixed } =
    typeof link === 'string' ? { resource: link, with: undefined } : link;
  const other =
    file.resources.find((one) => one.name === name) ??
    fail(`links to ${name}, which is none of this message`);
  path.checkFixed(fixed, fail);
  const frozen = fixedOf(fixed);
  const put = (resource: Resource, one: Made) =>
    path.put(resource, { reference: referenceTo(resource, one) }, frozen, undefined);
  const isOfMessage =
    spec.group === undefined && (other.group !== undefined || (other.each && spec.write === 'record'));
  if (path.isAppending && isOfMessage) {
    return (_run, made, _frame, resource) => {
      for (const one of made.list) if (one.spec === other) put(resource, one);
    };
  }
  const isOfGroup =
    path.isAppending &&
    spec.group !== undefined &&
    other.group !== undefined &&
    file.groups[other.group]?.within === spec.group;
  if (isOfGroup) {
    return (_run, made, frame, resource) => {
      for (const one of made.within(other, frame)) put(resource, one);
    };
  }
  return (_run, made, frame, resource) => {
    if (!path.isAppending && path.isSet(resource)) return;
    const found = made.find(other, frame);
    if (found !== undefined) put(resource, found);
  };
}

/** References between the resources of one kind: each to the one before and the one after it, so that many of them stay linear. */
export function compilePeers(
  spec: ResourceSpec,
  { to, with: fixed, when }: NonNullable<ResourceSpec['peers']>,
  slots: Slots,
  fail: Fail,
): (ones: readonly Made[]) => void {
  const path = compileOutputPath(spec.type, to, fail);
  if (!path.types.includes('Reference') || !path.isAppending) fail(`peers: ${to} is no list of references`);
  path.checkFixed(fixed, fail);
  const frozen = fixedOf(fixed);
  const holds = when === undefined ? undefined : frameCondition(when, slots);
  const link = (from: Made, other: Made): void => {
    if (from.uuid !== other.uuid && holds?.(from.frame) !== false)
      path.put(from.resource, { reference: other.fullUrl }, frozen, undefined);
  };
  return (ones) => {
    for (let at = 1; at < ones.length; at++) {
      link(ones[at - 1]!, ones[at]!);
      link(ones[at]!, ones[at - 1]!);
    }
  };
}

/** A reference from an earlier resource to this one, with what a map of its own puts beside it. */
export function compileBack(
  back: BackSpec,
  earlier: readonly ResourceSpec[],
  rowsOf: (name: string, target: (type: string) => boolean) => readonly CompiledRow[],
  holds: ((frame: Frame) => boolean) | undefined,
  fail: Fail,
): (run: Run, made: MadeResources, one: Made) => void {
  const other =
    earlier.find((one) => one.name === back.resource) ?? fail(`back: ${back.resource} is not made before it`);
  const path = compileOutputPath(other.type, back.to, fail);
  const element = back.to.split('.').slice(0, -1).join('.').replace(/\[.\]/g, '');
  const rows =
    back.map === undefined ? [] : rowsOf(back.map, (target) => target === `${other.type}.${element}`);
  path.checkFixed(back.with, fail);
  const fixed = fixedOf(back.with);
  return (run, made, one) => {
    if (holds?.(one.frame) === false) return;
    const holder = made.find(other, one.frame);
    if (holder === undefined) return;
    const beside: FhirObject = {};
    writeRows(rows, run, one.frame, beside);
    const reference = referenceTo(holder.resource, one);
    path.put(holder.resource, { reference }, { ...fixed, ...beside }, undefined);
  };
}
