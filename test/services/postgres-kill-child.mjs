// A node: takes the channel and one delivery, then accepts and prints each number after its acknowledgement, until it is killed.
const [, , dist, url] = process.argv;
const { openPostgresStore } = await import(`${dist}/platform/store/index.js`);
const { silentLogger } = await import(`${dist}/core/ports/index.js`);
const { systemClock: clock } = await import(`${dist}/platform/clock.js`);
const startMs = 1_700_000_000_000;
const store = await openPostgresStore({ url, clock, logger: silentLogger });
const message = {
  channel: 'adt',
  channelVersion: 1,
  kind: 'hl7v2',
  type: 'ADT^A04',
  sender: 'HIS',
  contentType: 'application/hl7-v2',
  receivedAtMs: startMs,
  keys: [],
  searchKeys: [],
  body: { kind: 'inline', bytes: new Uint8Array(1000) },
};
const lease = await store.leaseChannel('adt', 'killed', 30_000);
const { id } = await store.accept(message);
const delivery = {
  destination: 'ehr',
  lanes: ['P1'],
  priority: 0,
  dueAtMs: startMs,
  expiresAtMs: startMs + 3_600_000,
  contentType: 'application/json',
  body: message.body,
};
const done = { id, status: 'processed', processedAtMs: startMs, states: [], items: [], timers: [] };
await store.commitProcessed(lease, [{ ...done, deliveries: [delivery] }]);
const claim = {
  channel: 'adt',
  destination: 'ehr',
  owner: 'killed',
  nowMs: startMs,
  leaseMs: 10_000,
  limit: 5,
};
await store.leaseDeliveries(claim);
const sender = async () => {
  for (;;) process.stdout.write(`${(await store.accept(message)).id}\n`);
};
await Promise.all(Array.from({ length: 16 }, sender));
