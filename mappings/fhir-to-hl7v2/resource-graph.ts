import type { Json, JsonObject } from '../../core/json.ts';

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const listOf = (value: Json | undefined): readonly Json[] =>
  value === undefined || value === null
    ? []
    : Array.isArray(value)
      ? (value as readonly Json[])
      : [value as Json];

/** The resources of one body and what refers to what among them. A body that is no Bundle is one resource. */
export class ResourceGraph {
  readonly resources: readonly JsonObject[];
  readonly #byUrl = new Map<string, JsonObject>();
  readonly #byIdentifier = new Map<string, JsonObject>();
  readonly #contained = new WeakMap<JsonObject, JsonObject>();
  readonly #reached = new Set<JsonObject>();

  constructor(body: JsonObject) {
    const entries =
      body.resourceType === 'Bundle' ? listOf(body.entry).filter(isObject) : [{ resource: body }];
    this.resources = entries.map(({ resource }) => resource as Json).filter(isObject);
    for (const { fullUrl, resource } of entries as readonly JsonObject[]) {
      if (!isObject(resource)) continue;
      if (typeof fullUrl === 'string') this.#byUrl.set(fullUrl, resource);
      const { id, resourceType } = resource;
      // Whatever stands there may be no text, and an object may not even become one.
      const local = typeof resourceType === 'string' && typeof id === 'string' ? `${resourceType}/${id}` : '';
      if (local !== '' && !this.#byUrl.has(local)) this.#byUrl.set(local, resource);
      for (const identifier of listOf(resource.identifier)) {
        const name = identityOf(resourceType, identifier);
        if (name !== undefined && !this.#byIdentifier.has(name)) this.#byIdentifier.set(name, resource);
      }
      this.#noteContained(resource);
    }
  }

  /** Resources of a type, in their order. */
  ofType(type: string): readonly JsonObject[] {
    return this.resources.filter(({ resourceType }) => resourceType === type);
  }

  /**
   * What a Reference means: the resource where the body has it; else as much as the reference itself tells, its identifier
   * (`Patient?identifier=` too) and display. A resource is its own. Undefined when it tells nothing.
   */
  resolve(value: Json): JsonObject | undefined {
    if (!isObject(value)) return undefined;
    if (typeof value.resourceType === 'string') return value;
    const { reference, display } = value;
    const inner = this.#contained.get(value);
    if (inner !== undefined) return inner;
    const url = typeof reference === 'string' ? reference.replace(/\/_history\/[^/]+$/, '') : '';
    const found = this.#byUrl.get(url);
    if (found !== undefined) return this.#reach(found);
    const [, typeInUrl, query] = /(?:^|\/)([A-Z][A-Za-z]+)(?:\/[^/?]+|\?(.*))$/.exec(url) ?? [];
    const type = typeof value.type === 'string' ? value.type : typeInUrl;
    const identifier = isObject(value.identifier) ? value.identifier : identifierIn(query);
    const known = identifier && this.#byIdentifier.get(identityOf(type, identifier) ?? '');
    return known
      ? this.#reach(known)
      : asReferred(type, identifier, typeof display === 'string' ? display : undefined);
  }

  /** Whether a row read it, or could have: something that was sent refers to it. */
  isReached(resource: JsonObject): boolean {
    return this.#reached.has(resource);
  }

  #reach(resource: JsonObject): JsonObject {
    this.#reached.add(resource);
    return resource;
  }

  #noteContained(resource: JsonObject): void {
    const inner = new Map(
      listOf(resource.contained)
        .filter(isObject)
        .map((one) => [`#${one.id}`, one]),
    );
    if (inner.size === 0) return;
    const walk = (value: Json): void => {
      if (Array.isArray(value)) for (const one of value as readonly Json[]) walk(one);
      else if (isObject(value)) {
        const target = typeof value.reference === 'string' ? inner.get(value.reference) : undefined;
        if (target !== undefined) this.#contained.set(value, target);
        for (const one of Object.values(value)) walk(one);
      }
    };
    walk(resource);
  }
}

function identityOf(type: Json | undefined, identifier: Json): string | undefined {
  if (!isObject(identifier) || typeof identifier.value !== 'string') return undefined;
  return JSON.stringify([type ?? null, identifier.system ?? null, identifier.value]);
}

/** `identifier=system|value` of a conditional reference (FHIR R4 3.1.0.11.2). */
function identifierIn(query: string | undefined): JsonObject | undefined {
  const token = query === undefined ? null : new URLSearchParams(query).get('identifier');
  if (token === null) return undefined;
  const at = token.indexOf('|');
  if (at < 0) return { value: token };
  const value = token.slice(at + 1).replace(/\\([\\,$|])/g, '$1');
  return at === 0 ? { value } : { system: token.slice(0, at), value };
}

const namedByText = new Set(['Organization', 'Location', 'HealthcareService', 'Device', 'Group']);

/** What a reference alone tells of a resource that was not sent: its type, its identifier, its name. */
function asReferred(
  type: string | undefined,
  identifier: JsonObject | undefined,
  display: string | undefined,
): JsonObject | undefined {
  if (identifier === undefined && display === undefined) return undefined;
  const name =
    display === undefined ? undefined : namedByText.has(type ?? '') ? display : [{ text: display }];
  return {
    resourceType: type ?? '',
    ...(identifier === undefined ? {} : { identifier: [identifier] }),
    ...(name === undefined ? {} : { name }),
  };
}
