import { printMoment } from '../../hl7v2/values/zone.ts';

const grammar =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/**
 * A FHIR date, dateTime or instant as HL7 DTM (HL7 v2.5.1 2.A.22): as precise as it is, with its own offset, or in the zone of the site.
 * Empty for anything else.
 */
export function timestampOf(text: string, zone: string | undefined): string {
  const match = grammar.exec(text);
  if (match === null) return '';
  if (zone !== undefined && match[8] !== undefined && !Number.isNaN(Date.parse(text)))
    return timestampOf(printMoment(Date.parse(text), zone), undefined);
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction, offset = ''] =
    match;
  const parts = `${year}${month}${day}${hour}${minute}${second}`;
  const fine = fraction === undefined ? '' : `.${fraction.slice(0, 4)}`;
  return `${parts}${fine}${offset === 'Z' ? '+0000' : offset.replace(':', '')}`;
}

/** A FHIR time as HL7 TM. */
export const timeOf = (text: string): string =>
  /^\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text) ? text.replaceAll(':', '').slice(0, 11) : '';
