// Accepts messages through the compiled store and prints each number after its acknowledgement, until it is killed.
const [, , dist, folder] = process.argv;
const { openSqliteStore } = await import(`${dist}/platform/store/index.js`);
const { silentLogger } = await import(`${dist}/core/ports/index.js`);
const { systemClock: clock } = await import(`${dist}/platform/clock.js`);
const store = await openSqliteStore({ folder, clock, logger: silentLogger, diskFreeBytesMin: 0 });
const sender = async (name) => {
  for (let n = 0; ; n += 1) {
    const { id } = await store.accept({
      channel: 'adt',
      channelVersion: 1,
      kind: 'hl7v2',
      type: 'ADT^A04',
      sender: 'HIS',
      contentType: 'application/hl7-v2',
      receivedAtMs: clock.nowMs(),
      keys: [],
      searchKeys: [['control-id', `${name}-${process.pid}-${n}`]],
      dedupe: { key: `${name}-${process.pid}-${n}`, contentHash: 'same' },
      body: { kind: 'inline', bytes: new Uint8Array(1000) },
    });
    process.stdout.write(`${id} ${name}-${process.pid}-${n}\n`);
  }
};
await Promise.all(Array.from({ length: 16 }, (_, at) => sender(`s${at}`)));
