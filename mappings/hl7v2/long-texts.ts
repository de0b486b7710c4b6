import { elementOf, stringCharsMax } from '../../formats/fhir/index.ts';
import type { FhirObject, FhirValue, Resource } from '../bundle/bundle.ts';
import { isObject } from '../bundle/bundle.ts';
import type { Run } from './run.ts';

/** Elements whose texts R4 does not limit: bytes in base64. */
const unbounded: ReadonlySet<string> = new Set(['data']);

/**
 * A string of FHIR R4 has at most 1 MB (2.24.0.1), a text of HL7 v2 has no limit. What is longer is cut where it stands, with a word that says so, and stands
 * whole as a DocumentReference of the same patient that names the resource.
 */
export function moveLongTexts(run: Run): void {
  // No element is longer than the message that it was read from.
  if (run.message.print().length <= stringCharsMax) return;
  for (const [fullUrl, resource] of [...run.builtResources()]) {
    const move = (path: string, text: string): string => {
      run.row = '';
      const title = `${resource.resourceType}.${path}`;
      run.issue('warning', 'too-long', 'MSH', `${title} has ${text.length} characters; whole in a document`);
      addDocument(run, fullUrl, resource, title, text);
      return cut(resource.resourceType, path, text);
    };
    shorten(resource, '', move);
  }
}

/** Cuts the texts of an object, and of what it holds, in their places. */
function shorten(at: FhirObject, path: string, move: (path: string, text: string) => string): void {
  // What is frozen was in other messages too, and is short.
  if (Object.isFrozen(at)) return;
  for (const [name, value] of Object.entries(at)) {
    if (unbounded.has(name)) continue;
    const here = path === '' ? name : `${path}.${name}`;
    if (Array.isArray(value)) at[name] = value.map((one, nth) => shortened(one, `${here}[${nth}]`, move));
    else at[name] = shortened(value, here, move);
  }
}

function shortened(value: FhirValue, path: string, move: (path: string, text: string) => string): FhirValue {
  if (isObject(value)) shorten(value, path, move);
  return typeof value === 'string' && value.length > stringCharsMax ? move(path, value) : value;
}

/** A code or a URI that is cut has nothing after it that would make it none. */
function cut(resourceType: string, path: string, text: string): string {
  const types = elementOf(resourceType, path)?.types ?? [];
  const isText = types.some((type) => type === 'string' || type === 'markdown');
  const word = isText ? `\n[cut: ${text.length} characters, whole in a DocumentReference]` : '';
  const kept = text.slice(0, stringCharsMax - word.length);
  return `${kept.replace(/[\ud800-\udbff]$/, '').trimEnd()}${word}`;
}

function addDocument(run: Run, fullUrl: string, resource: Resource, title: string, text: string): void {
  const { site } = run;
  const value = site.uuid('DocumentReference', fullUrl, title);
  const identifier = { system: site.systems.local('long-text'), value };
  const subject = resource.subject ?? resource.patient;
  const document: Resource = {
    resourceType: 'DocumentReference',
    identifier: [{ ...identifier }],
    status: 'current',
    type: { text: title },
    ...(subject === undefined ? {} : { subject }),
    content: [
      {
        attachment: {
          contentType: 'text/plain; charset=utf-8',
          title,
          data: Buffer.from(text).toString('base64'),
        },
      },
    ],
    context: { related: [{ reference: fullUrl }] },
  };
  run.add('update', site.uuid('DocumentReference', identifier.system, value), document, identifier);
}
