/** The object with some of its methods replaced; the others keep their own `this`. */
export function withFaults<T extends object>(target: T, faults: Partial<T>): T {
  return new Proxy(target, {
    get(object, name) {
      if (name in faults) return faults[name as keyof T];
      const value: unknown = Reflect.get(object, name, object);
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
}
