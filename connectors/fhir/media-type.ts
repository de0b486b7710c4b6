import { BitHiveError } from '../../core/errors.ts';

const taken = /^application\/(?:fhir\+json|json)$/;
const acceptable = /^(?:application\/(?:fhir\+json|json|\*)|\*\/\*)$/;

/** Refuses a body of another type than FHIR R4 JSON in UTF-8 (FHIR R4 §3.1.0.1.4) or of another coding than gzip. Throws BH_HTTP_MEDIA_TYPE. */
export function checkContent(contentType: string | undefined, contentEncoding: string | undefined): void {
  const { type, parameters } = parseMediaType(contentType ?? '');
  const charset = parameters.get('charset');
  if (!taken.test(type) || (charset !== undefined && !/^utf-?8$/.test(charset)) || !isR4(parameters)) {
    throw new BitHiveError('BH_HTTP_MEDIA_TYPE', 'application/fhir+json of FHIR 4.0 in UTF-8 is taken');
  }
  if (contentEncoding !== undefined && !/^(?:gzip|identity)$/i.test(contentEncoding.trim())) {
    throw new BitHiveError('BH_HTTP_MEDIA_TYPE', 'Content-Encoding gzip or none is taken');
  }
}

/** Throws BH_HTTP_NOT_ACCEPTABLE when none of the ranges of Accept (RFC 9110 §12.5.1) takes FHIR JSON. */
export function checkAccept(accept: string | undefined): void {
  if (accept === undefined || accept.trim() === '') return;
  const ranges = accept.split(',').map(parseMediaType);
  const isTaken = ({ type, parameters }: MediaType) =>
    acceptable.test(type) && Number(parameters.get('q') ?? '1') > 0 && isR4(parameters);
  if (!ranges.some(isTaken))
    throw new BitHiveError('BH_HTTP_NOT_ACCEPTABLE', 'application/fhir+json is given');
}

interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

function parseMediaType(text: string): MediaType {
  const [type = '', ...rest] = text.toLowerCase().split(';');
  const parameters = rest.map((parameter): [string, string] => {
    const [name = '', value = ''] = parameter.split('=');
    return [name.trim(), value.trim().replace(/^"(.*)"$/, '$1')];
  });
  return { type: type.trim(), parameters: new Map(parameters) };
}

function isR4(parameters: ReadonlyMap<string, string>): boolean {
  const version = parameters.get('fhirversion');
  return version === undefined || version === '4.0' || version === '4.0.1';
}
