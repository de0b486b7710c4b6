import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  createMllpDestination,
  createMllpSource,
  type ListenerTls,
  type MllpSource,
  type SenderTls,
} from '../../../connectors/hl7v2/index.ts';
import type { LeasedDelivery } from '../../../core/delivery.ts';
import { deliveryId, messageId } from '../../../core/ids.ts';
import { silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import { Authority, type Certificate, hasOpenssl } from './certificates.ts';
import { adt, plainAcceptance, RawClient } from './listener.ts';
import { systemClock, systemRandom } from './ports.ts';

const ports = { clock: systemClock, random: systemRandom, logger: silentLogger, metrics: silentMetrics };

(hasOpenssl() ? describe : describe.skip)('MLLP over TLS (needs openssl)', () => {
  let authority: Authority;
  let server: Certificate;
  let source: MllpSource | undefined;

  beforeAll(() => {
    authority = new Authority();
    server = authority.issue('server');
  });
  afterAll(() => authority.remove());
  afterEach(() => source?.stop(100));

  async function listenTls(tls: Partial<ListenerTls> = {}): Promise<number> {
    const options = { name: 'tls', host: '127.0.0.1', port: 0, ack: 'stored', ...ports } as const;
    source = createMllpSource({ ...options, tls: { ...server, ...tls } });
    const listening = await source.start(async (arrival) => plainAcceptance(arrival, 1));
    expect(listening.protocol).toBe('mllps');
    return listening.port;
  }

  async function sendTls(port: number, tls: SenderTls): Promise<string> {
    const to = createMllpDestination({ name: 'd', host: '127.0.0.1', port, tls, ...ports });
    const delivery = {
      id: deliveryId(1),
      messageId: messageId(1),
      body: { kind: 'inline', bytes: Buffer.from(adt('C1')) },
    } as unknown as LeasedDelivery;
    const outcome = await to.send(delivery, new AbortController().signal);
    await to.close();
    return outcome.kind;
  }

  test('is delivered to a receiver of the trusted authority, and to no other', async () => {
    const port = await listenTls();
    expect(await sendTls(port, { ca: authority.cert })).toBe('delivered');
    expect(await sendTls(port, {})).toBe('retry');
    expect(await sendTls(port, { ca: authority.cert, serverName: 'other.example' })).toBe('retry');
  });

  test('mutual: a client without a certificate, or of another authority, is turned away', async () => {
    const port = await listenTls({ ca: authority.cert, requestClientCert: true });
    const other = new Authority();
    const stranger = other.issue('stranger');
    other.remove();
    expect(await sendTls(port, { ca: authority.cert, ...authority.issue('client') })).toBe('delivered');
    expect(await sendTls(port, { ca: authority.cert })).not.toBe('delivered');
    expect(await sendTls(port, { ca: authority.cert, ...stranger })).not.toBe('delivered');
  });

  test('plain bytes on a TLS port get no answer and harm nobody', async () => {
    const port = await listenTls();
    const plain = new RawClient(port);
    plain.send(`\x0b${adt('C1')}\x1c\r`);
    await plain.until(() => plain.isClosed);
    expect(plain.answers).toEqual([]);
    expect(await sendTls(port, { ca: authority.cert })).toBe('delivered');
  });

  test('new certificates serve the next connections; unusable ones are refused', async () => {
    const port = await listenTls();
    source!.reloadTls(authority.issue('renewed'));
    const name = await new Promise<unknown>((resolve) => {
      const socket = connectTls(
        { host: '127.0.0.1', port, ca: authority.cert, servername: 'localhost' },
        () => {
          resolve(socket.getPeerCertificate().subject.CN);
          socket.destroy();
        },
      );
    });
    expect(name).toBe('renewed');
    expect(() => source!.reloadTls({ key: 'x', cert: 'y' })).toThrow('BH_CONFIG_VALUE');
  });
});
