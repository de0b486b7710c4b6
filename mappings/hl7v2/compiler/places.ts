/** Where rows and resources were written, told only when something is explained. */
const places = new WeakMap<object, () => string>();

export function rememberPlace(thing: object, place: () => string): void {
  places.set(thing, place);
}

/** `segments/pid.patient.yaml:12`; '' for what no file says. */
export function placeOf(thing: object): string {
  return places.get(thing)?.() ?? '';
}
