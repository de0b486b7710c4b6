import { readFileSync } from 'node:fs';
import type { WritableDataset, WritableElement } from '../../formats/dicom/index.ts';
import type { Cleaning } from './cleaning.ts';
import { textOf, textsOf } from './element-values.ts';

/** VR by `creator|group|element within its block`: physics of the acquisition, a subset of PS3.15 Table E.3.10-1. */
const safe: ReadonlyMap<string, string> = readSafe();

const unitBytes: Readonly<Record<string, number>> = { FD: 8, FL: 4, SL: 4, SS: 2, US: 2 };
const forms: Readonly<Record<string, RegExp>> = {
  CS: /^[A-Z0-9_ ]{0,16}$/,
  DS: /^[\d.eE+\- \\]*$/,
  IS: /^[\d+\- \\]*$/,
  SH: /^[\d.:/ ]{0,16}$/,
};

/**
 * A private element that may stay under `retain-safe-private`: one of the list, under its creator, with a value of the listed VR that is a
 * number or a code. A creator stays while something of its block does.
 */
export function safePrivate(
  dataset: WritableDataset,
  tag: number,
  element: WritableElement,
  { policy, identifiers }: Cleaning,
): WritableElement | undefined {
  if (!policy.options.has('retain-safe-private')) return undefined;
  const number = tag & 0xffff;
  if (number >= 0x10 && number <= 0xff) return keptCreator(dataset, tag, element);
  const vr = vrOf(dataset, tag);
  if (vr === undefined || (element.vr !== vr && element.vr !== 'UN')) return undefined;
  const { value } = element;
  const unit = unitBytes[vr];
  if (unit !== undefined) {
    return value instanceof Uint8Array && value.length % unit === 0 ? { vr, value } : undefined;
  }
  const text =
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : textsOf(element).join('\\');
  const bare = text.replace(/[\0 ]+$/, '');
  return forms[vr]?.test(bare) && !identifiers.isIn(bare, 'SH') ? { vr, value: bare.split('\\') } : undefined;
}

function keptCreator(
  dataset: WritableDataset,
  tag: number,
  element: WritableElement,
): WritableElement | undefined {
  const block = tag & 0xff;
  const group = tag >>> 16;
  for (const other of dataset.keys()) {
    if (other >>> 16 === group && ((other >>> 8) & 0xff) === block && vrOf(dataset, other) !== undefined)
      return { vr: 'LO', value: textsOf(element) };
  }
  return undefined;
}

/** The listed VR of an element; undefined when it is not on the list or nobody reserved its block. */
function vrOf(dataset: WritableDataset, tag: number): string | undefined {
  const group = tag >>> 16;
  const block = (tag >>> 8) & 0xff;
  if (block < 0x10) return undefined;
  const creator = textOf(dataset, group * 65536 + block);
  return safe.get(`${creator}|${group}|${tag & 0xff}`);
}

function readSafe(): ReadonlyMap<string, string> {
  const text = readFileSync(new URL('./tables/safe-private.csv', import.meta.url), 'utf8');
  const [, ...lines] = text.trimEnd().split('\n');
  return new Map(
    lines.map((line) => {
      const [creator = '', group = '', element = '', vr = ''] = line.split(',');
      return [`${creator}|${Number.parseInt(group, 16)}|${Number.parseInt(element, 16)}`, vr];
    }),
  );
}
