import type { JsonObject } from '../../core/json.ts';
import type { Hl7Message } from '../../formats/hl7v2/index.ts';
import type {
  ConvertContext,
  FhirValue,
  Hl7ToFhirMap,
  MapIssue,
  Residue,
  Resource,
} from '../../mappings/index.ts';

/** One element of a resource, what it says, and where that came from. */
export interface ExplainedElement {
  /** `name[0].family` */
  readonly path: string;
  /** Its JSON, cut after 120 characters. */
  readonly value: string;
  readonly row: string;
  /** HL7 path; '' for what is fixed in the row. */
  readonly input: string;
  /** `types/xpn.humanname.yaml:5` */
  readonly file: string;
}

/** What became of a message, element by element, and what did not become anything. */
export interface MessageExplanation {
  readonly type: string;
  /** Version of the map that was asked, as Provenance names it. */
  readonly map: string;
  readonly resources: readonly {
    readonly resource: string;
    readonly fullUrl: string;
    readonly request: string;
    readonly elements: readonly ExplainedElement[];
  }[];
  readonly issues: readonly MapIssue[];
  readonly residue: readonly Residue[];
}

const valueCharsMax = 120;

export function explainMessage(
  message: Hl7Message,
  map: Hl7ToFhirMap,
  context: ConvertContext,
): MessageExplanation {
  const {
    bundle,
    issues,
    residue,
    explanations = [],
  } = map.convert(message, {
    ...context,
    explain: true,
    isForFile: true,
  });
  const header = message.first('MSH');
  return {
    type: `${header?.get(9, 1, 1) ?? ''}^${header?.get(9, 1, 2) ?? ''}`,
    map: map.version,
    resources: bundle.entry.map(({ fullUrl, resource, request }) => ({
      resource: resource.resourceType,
      fullUrl,
      request: `${request.method} ${request.url}`,
      elements: explanations
        .filter((one) => one.resource === fullUrl)
        .map(({ output, row, input, file }) => {
          const path = output.slice(output.indexOf('.') + 1);
          return { path, value: valueText(resource, path), row, input, file };
        }),
    })),
    issues,
    residue,
  };
}

function valueText(resource: Resource, path: string): string {
  let at: FhirValue | undefined = resource;
  for (const step of path.split(/\.|(?=\[)/)) {
    const name: string = step.replace(/^\[|\]$/g, '');
    at = typeof at === 'object' ? (at as unknown as { readonly [name: string]: FhirValue })[name] : undefined;
  }
  const text = at === undefined ? '' : JSON.stringify(at);
  return text.length > valueCharsMax ? `${text.slice(0, valueCharsMax)}…` : text;
}

export const asJsonObject = (explanation: MessageExplanation): JsonObject =>
  JSON.parse(JSON.stringify(explanation)) as JsonObject;
