import { gzipSync } from 'node:zlib';
import { condition, observation, patient, putPatient, report, transaction } from '../formats/fhir/samples.ts';
import type { Dice } from './mllp-inputs.ts';

/** One malformed request and the statuses that are an answer as specified (protocol-answers, HTTP). */
export interface FhirInput {
  readonly name: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly expected: readonly number[];
}

type Wild = { [name: string]: unknown };
type Make = (dice: Dice) => FhirInput;

const samples: readonly (() => object)[] = [
  observation,
  condition,
  report,
  () => patient('7'),
  () => transaction([putPatient('1'), putPatient('2')]),
];
const sampleOf = (dice: Dice) => JSON.parse(JSON.stringify(dice.pick(samples)())) as Wild;
const pathOf = (resource: Wild) =>
  resource.resourceType === 'Bundle' ? '' : `/${String(resource.resourceType)}`;

function input(
  name: string,
  path: string,
  body: string | Uint8Array,
  expected: readonly number[],
  headers: Readonly<Record<string, string>> = {},
): FhirInput {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return {
    name,
    path,
    body: bytes,
    expected,
    headers: { 'content-type': 'application/fhir+json', ...headers },
  };
}

/** Every place of the resource, as its parent and the name in it; `resourceType` is left alone. */
function places(value: unknown, found: [Wild, string][] = []): [Wild, string][] {
  if (typeof value !== 'object' || value === null) return found;
  for (const name of Object.keys(value)) {
    if (name !== 'resourceType') found.push([value as Wild, name]);
    places((value as Wild)[name], found);
  }
  return found;
}

const worthless: readonly unknown[] = [
  null,
  {},
  [],
  '',
  [[]],
  [null],
  '\u0000',
  ' ',
  { a: 1 },
  [{}],
  [''],
  { '': '' },
];

/** One place of a valid resource is made worthless: FHIR has no element that may be so. */
const spoilt: Make = (dice) => {
  const resource = sampleOf(dice);
  const [parent, name] = dice.pick(places(resource));
  parent[name] = dice.pick(worthless);
  return input(`spoilt ${name}`, pathOf(resource), JSON.stringify(resource), [422]);
};

const strangers = [
  'colour',
  'constructor',
  'toString',
  '_id_',
  '',
  '__defineGetter__',
  'valueBanana',
  'x'.repeat(5_000),
];

const unknownName: Make = (dice) => {
  const resource = sampleOf(dice);
  const objects = [resource, ...places(resource).map(([parent]) => parent)].filter(
    (one) => !Array.isArray(one),
  );
  dice.pick(objects)[dice.pick(strangers)] = dice.pick(['x', 1, true]);
  return input('unknown name', pathOf(resource), JSON.stringify(resource), [422]);
};

/** What an independent reader says of the bytes: 400 when they are no JSON text in UTF-8. */
function statusesOfBytes(bytes: Uint8Array): readonly number[] {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return [200, 202, 400, 422];
  } catch {
    return [400];
  }
}

const flipped: Make = (dice) => {
  const resource = sampleOf(dice);
  const bytes = new TextEncoder().encode(JSON.stringify(resource));
  for (let n = dice.below(4); n >= 0; n--) bytes[dice.below(bytes.length)] = dice.below(256);
  return input('flipped bytes', pathOf(resource), bytes, statusesOfBytes(bytes));
};

const cut: Make = (dice) => {
  const resource = sampleOf(dice);
  const bytes = new TextEncoder().encode(JSON.stringify(resource));
  return input('cut', pathOf(resource), bytes.slice(0, dice.below(bytes.length)), [400]);
};

const noise: Make = (dice) => {
  const bytes = Uint8Array.from({ length: dice.below(300) }, () => dice.below(256));
  return input('noise', '/Patient', bytes, statusesOfBytes(bytes));
};

const scalars = [
  'null',
  '1',
  '"x"',
  '[]',
  '{}',
  '[{}]',
  'true',
  '{"resourceType":1}',
  '{"resourceType":"Pacient"}',
];

const named: readonly Make[] = [
  (dice) => input('no resource', dice.pick(['', '/Patient']), dice.pick(scalars), [422]),
  () => input('depth 10 k', '/Patient', `${'{"extension":['.repeat(10_000)}${']}'.repeat(10_000)}`, [400]),
  () => input('a name twice', '/Patient', `{"gender":"male",${JSON.stringify(patient('1')).slice(1)}`, [400]),
  () =>
    input('__proto__', '/Patient', `{"__proto__":{"a":1},${JSON.stringify(patient('1')).slice(1)}`, [400]),
  () => input('1e400', '/Observation', JSON.stringify(observation()).replace('13.2', '1e400'), [422]),
  () => input('-0', '/Observation', JSON.stringify(observation()).replace('13.2', '-0'), [202]),
  () =>
    input('lone surrogate', '/Patient', JSON.stringify(patient('1')).replace('Doe', '\\ud800'), [202, 422]),
  () => input('BOM', '/Patient', `\ufeff${JSON.stringify(patient('1'))}`, [202]),
  () => input('UTF-16', '/Patient', Buffer.from(JSON.stringify(patient('1')), 'utf16le'), [400]),
  () =>
    input(
      'javascript: URL is kept as data',
      '/Patient',
      JSON.stringify(patient('1', { photo: [{ url: 'javascript:alert(1)' }] })),
      [202],
    ),
  () =>
    input(
      'hostile name is kept as data',
      '/Patient',
      JSON.stringify(patient('1', { name: [{ family: '<img src=x onerror=alert(1)>=cmd()' }] })),
      [202],
    ),
  (dice) => {
    const div = dice.pick([
      '<script>alert(1)</script>',
      '<img src="x" onerror="alert(1)"/>',
      '<a href="javascript:alert(1)">x</a>',
      '<iframe src="http://example.org"/>',
      '<svg><g/></svg>',
      '<!DOCTYPE a [<!ENTITY x "y">]>',
    ]);
    const text = { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${div}</div>` };
    return input('narrative', '/Patient', JSON.stringify(patient('1', { text })), [422]);
  },
  () => {
    const contained = [
      { ...report(), contained: undefined, id: 'a', performer: undefined, result: [{ reference: '#b' }] },
      { ...observation(), id: 'b', hasMember: [{ reference: '#a' }] },
    ];
    return input(
      'contained loop',
      '/DiagnosticReport',
      JSON.stringify({ ...report(), performer: undefined, contained }),
      [202, 422],
    );
  },
  () =>
    input(
      'reference to nothing',
      '',
      JSON.stringify(
        transaction([
          {
            ...putPatient('1', {
              managingOrganization: { reference: 'urn:uuid:00000000-0000-5000-8000-00000000dead' },
            }),
          },
        ]),
      ),
      [422],
    ),
  (dice) =>
    input('wrong address', dice.pick(['', '/Observation', '/Bundle']), JSON.stringify(patient('1')), [422]),
  () => input('unknown address', '/Pacient', JSON.stringify(patient('1')), [404]),
  (dice) =>
    input(
      'type in the address',
      `/${dice.pick(['%00', '%2e%2e', 'patient', 'Patient%20', '$x', '__proto__'])}`,
      '{}',
      [404],
    ),
  (dice) =>
    input('content type', '/Patient', JSON.stringify(patient('1')), [415], {
      'content-type': dice.pick([
        'text/plain',
        'application/fhir+xml',
        'application/fhir+json; fhirVersion=5.0',
        'x',
        'application/json; charset=utf-16',
      ]),
    }),
  (dice) =>
    input('content coding', '/Patient', '{}', [415], {
      'content-encoding': dice.pick(['br', 'deflate', 'gzip, gzip', 'x']),
    }),
  (dice) =>
    input('accept', '/Patient', JSON.stringify(patient('1')), [406], {
      accept: dice.pick(['text/html', 'application/fhir+xml', '*/*;q=0', 'x']),
    }),
  (dice) => {
    const bytes = gzipSync(JSON.stringify(patient('1')));
    return input('cut gzip', '/Patient', bytes.subarray(0, dice.below(bytes.length)), [400], {
      'content-encoding': 'gzip',
    });
  },
  (dice) => {
    const bytes = gzipSync(JSON.stringify(patient('1')));
    bytes[10 + dice.below(bytes.length - 10)]! ^= 1 + dice.below(255);
    return input('flipped gzip', '/Patient', bytes, [202, 400, 422], { 'content-encoding': 'gzip' });
  },
];

const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
const entries100k = `{"resourceType":"Bundle","type":"collection","entry":[${'{},'.repeat(99_999)}{}]}`;
const entries10k = JSON.stringify({
  resourceType: 'Bundle',
  type: 'collection',
  entry: Array.from({ length: 10_000 }, () => ({ resource: { resourceType: 'Basic' } })),
});

/** Those that cost megabytes: one in some hundreds. */
const heavy: readonly Make[] = [
  () => input('gzip bomb', '/Patient', bomb, [413], { 'content-encoding': 'gzip' }),
  () =>
    input(
      '10 MB string',
      '/Patient',
      JSON.stringify(patient('1', { name: [{ family: 'x'.repeat(10_000_000) }] })),
      [422],
    ),
  () => input('over the limit', '/Patient', new Uint8Array(17_000_000), [413]),
  () => input('Bundle of 100 k entries', '', entries100k, [413]),
  () => input('Bundle of 10 k invalid entries', '', entries10k, [422]),
  () =>
    input(
      'many elements',
      '/Patient',
      JSON.stringify(patient('1', { name: Array(60_000).fill({ family: 'x' }) })),
      [422],
    ),
  () => input('many brackets', '/Patient', '['.repeat(5_000_000), [400]),
  () => input('many quotes', '/Patient', `"${'\\"'.repeat(3_000_000)}`, [400]),
];

const heavyOneIn = 300;
const random: readonly Make[] = [spoilt, spoilt, unknownName, flipped, flipped, cut, noise];

export function fhirInput(nth: number, dice: Dice): FhirInput {
  if (nth % heavyOneIn === heavyOneIn - 1) return heavy[Math.floor(nth / heavyOneIn) % heavy.length]!(dice);
  return nth % 3 === 0 ? dice.pick(named)(dice) : dice.pick(random)(dice);
}
