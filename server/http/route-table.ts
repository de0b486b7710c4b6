/** Which methods an address knows, so that a wrong one is answered 405 with `Allow` and not 404. */
export class RouteTable {
  readonly #routes: { readonly pattern: RegExp; readonly url: string; readonly methods: Set<string> }[] = [];

  add(url: string, methods: string | readonly string[]): void {
    let route = this.#routes.find((known) => known.url === url);
    if (!route) {
      route = { url, pattern: patternOf(url), methods: new Set() };
      this.#routes.push(route);
    }
    for (const method of [methods].flat()) route.methods.add(method);
  }

  methodsOf(address: string): readonly string[] {
    const path = address.split('?')[0] ?? '';
    return this.#routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => [...methods]);
  }

  get urls(): readonly string[] {
    return this.#routes.map(({ url }) => url);
  }
}

function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((part) =>
      part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('/');
  return new RegExp(`^${source}$`);
}
