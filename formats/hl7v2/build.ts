import { type Delimiters, standardDelimiters } from './delimiters.ts';
import { encodeText } from './encode.ts';
import { escapeText } from './escape.ts';

/**
 * A field to print: text (escaped as it is printed), a list of components (each text or a list of subcomponents), or several
 * repetitions of either.
 */
export type ComponentValue = string | readonly string[];
export type FieldValue = string | readonly ComponentValue[] | { readonly repetitions: readonly FieldValue[] };

export interface OutboundSegment {
  readonly name: string;
  /** From field 1 on; for MSH from MSH-3 on. */
  readonly fields: readonly FieldValue[];
}

export interface PrintOptions {
  readonly delimiters?: Delimiters;
  /** Encoding as in `Charset.encoding`; UTF-8 by default. MSH-18 is the caller's to set. */
  readonly encoding?: string;
}

/** Prints a message from values; nothing in them can break the structure. Each segment ends with CR. */
export function printMessage(segments: readonly OutboundSegment[], options: PrintOptions = {}): Uint8Array {
  const delimiters = options.delimiters ?? standardDelimiters;
  const text = segments.map((segment) => `${printSegment(segment, delimiters)}\r`).join('');
  return encodeText(text, options.encoding ?? 'utf-8');
}

function printSegment({ name, fields }: OutboundSegment, delimiters: Delimiters): string {
  const printed = fields.map((field) => printField(field, delimiters));
  const head = name === 'MSH' ? [name, encodingCharacters(delimiters)] : [name];
  return [...head, ...printed].join(delimiters.field);
}

/** MSH-2 of these separators. */
export function encodingCharacters(delimiters: Delimiters): string {
  const { component, repetition, escape: mark, subcomponent, truncation } = delimiters;
  return `${component}${repetition}${mark}${subcomponent}${truncation}`;
}

function printField(field: FieldValue, delimiters: Delimiters): string {
  if (typeof field === 'string') return escapeText(field, delimiters);
  if ('repetitions' in field) {
    return field.repetitions.map((one) => printField(one, delimiters)).join(delimiters.repetition);
  }
  return field.map((component) => printComponent(component, delimiters)).join(delimiters.component);
}

function printComponent(component: ComponentValue, delimiters: Delimiters): string {
  if (typeof component === 'string') return escapeText(component, delimiters);
  return component.map((part) => escapeText(part, delimiters)).join(delimiters.subcomponent);
}
