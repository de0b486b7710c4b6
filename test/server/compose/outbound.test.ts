import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFhirDestination } from '../../../connectors/fhir/index.ts';
import { createMllpDestination } from '../../../connectors/hl7v2/index.ts';
import type { HttpAuth } from '../../../connectors/http/http-auth.ts';
import { type Destination, silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { createAccessTokenCheck } from '../../../platform/security/access-token.ts';
import { outboundRules } from '../../../server/compose/outbound.ts';
import { postAlert } from '../../../server/compose/post-alert.ts';
import { delivery, neverStopped, testPorts } from '../../connectors/fhir/deliveries.ts';
import { answerJson, type FaultServer, startFaultServer } from '../../connectors/fhir/fault-server.ts';
import { patient } from '../../formats/fhir/samples.ts';

const refusal = { code: 'BH_CONFIG_OUTBOUND' };

describe('who is allowed', () => {
  const rules = outboundRules([
    'ehr.example',
    '*.hospital.example',
    '10.1.0.0/16',
    '2001:db8::/32',
    '192.0.2.7',
  ]);
  const byNameOnly = outboundRules(['ehr.example']);

  test.each([
    'ehr.example',
    'EHR.Example.',
    'ris.hospital.example',
    'a.b.hospital.example',
    '10.1.255.1',
    '::ffff:10.1.2.3',
    '192.0.2.7',
    '2001:db8::5',
    '[2001:db8::5]',
  ])('%s', (host) => expect(() => rules.check(host)).not.toThrow());

  test.each(['10.2.0.1', '192.0.2.8', '2001:db9::1', '::ffff:10.2.2.3', '127.0.0.1'])('not %s', (host) =>
    expect(() => rules.check(host)).toThrow(expect.objectContaining(refusal)),
  );

  test('without networks, a name that is not listed is refused before anything is asked', () => {
    for (const host of ['other.example', 'hospital.example', 'ehr.example.evil.example', 'xehr.example'])
      expect(() => byNameOnly.check(host)).toThrow(expect.objectContaining(refusal));
  });

  test('with networks, a name is judged by its address; a connection that is not watched needs its name', () => {
    expect(() => rules.check('other.example')).not.toThrow();
    expect(() => rules.check('other.example', true)).toThrow(expect.objectContaining(refusal));
    expect(() => rules.check('ehr.example', true)).not.toThrow();
  });

  test('an empty list: the word of who wrote the channel file is enough', () => {
    expect(outboundRules([]).lookup).toBeUndefined();
    expect(() => outboundRules([]).check('anything.example')).not.toThrow();
  });
});

describe('connections', () => {
  let other: FaultServer;
  let server: FaultServer;
  let bare: Server;
  let bareConnections: number;
  const open: Destination[] = [];

  beforeEach(async () => {
    [server, other] = [await startFaultServer(), await startFaultServer()];
    other.behave = (_request, response) =>
      answerJson(response, 201, { resourceType: 'Patient', access_token: 't' });
    bareConnections = 0;
    bare = createServer((socket) => {
      bareConnections += 1;
      socket.end();
    });
    await new Promise<void>((done) => bare.listen(0, '127.0.0.1', done));
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
    await Promise.all([server.close(), other.close()]);
    bare.close();
  });

  const lookupOf = (allow: readonly string[]) => {
    const { lookup } = outboundRules(allow);
    return lookup === undefined ? {} : { lookup };
  };

  const fhir = (url: string, more: { allow?: readonly string[]; auth?: HttpAuth } = {}) => {
    const ports = testPorts({ 'env:S': 'secret' });
    const { allow = [], ...auth } = more;
    const made = createFhirDestination({ url, ports, ...auth, ...lookupOf(allow) });
    open.push(made);
    return made.send(delivery(patient('1')), neverStopped);
  };

  const mllp = (allow: readonly string[]) => {
    const made = createMllpDestination({
      name: 'ris',
      host: 'localhost',
      port: (bare.address() as { port: number }).port,
      clock: systemClock,
      logger: silentLogger,
      metrics: silentMetrics,
      ...lookupOf(allow),
    });
    open.push(made);
    return made.send(delivery('MSH|^~\\&|A|B|C|D|20260101||ADT^A04|1|P|2.5.1\r'), neverStopped);
  };

  test('a name whose address lies outside the networks is not connected to', async () => {
    const named = other.url.replace('127.0.0.1', 'localhost');
    expect(await fhir(named, { allow: ['10.0.0.0/8'] })).toMatchObject({
      kind: 'retry',
      error: { detail: expect.stringContaining('BH_CONFIG_OUTBOUND') },
    });
    expect(await mllp(['10.0.0.0/8'])).toMatchObject({
      kind: 'retry',
      error: { detail: expect.stringContaining('not in outbound.allow') },
    });
    await expect(
      postAlert(
        named,
        outboundRules(['10.0.0.0/8']).lookup,
      )({ change: 'raised', alert: { id: 'store', kind: 'store', text: '' }, atMs: 0 }),
    ).rejects.toMatchObject({ cause: refusal });
    expect([other.seen.length, bareConnections]).toEqual([0, 0]);
  });

  test.each([[['127.0.0.0/8']], [['localhost']]])('one inside is: %j', async (allow) => {
    const named = other.url.replace('127.0.0.1', 'localhost');
    expect(await fhir(named, { allow })).toMatchObject({ kind: 'delivered' });
    await mllp(allow);
    expect(bareConnections).toBe(1);
  });

  test('no redirect is followed: not of the receiver, the token endpoint, the webhook or the keys', async () => {
    server.behave = (_request, response) => response.writeHead(307, { location: other.url }).end();
    expect(await fhir(server.url)).toMatchObject({
      kind: 'dead',
      error: { detail: expect.stringContaining('redirect') },
    });
    const auth = {
      kind: 'client-credentials',
      tokenUrl: server.url,
      clientId: 'a',
      clientSecret: 'env:S',
    } as const;
    expect(await fhir(server.url, { auth })).toMatchObject({ kind: 'retry' });
    await expect(
      postAlert(server.url)({ change: 'raised', alert: { id: 'store', kind: 'store', text: '' }, atMs: 0 }),
    ).rejects.toMatchObject({ code: 'BH_DELIVERY_REFUSED' });
    const rules = { issuer: 'https://idp.example', audience: 'bithive', jwksUri: server.url };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${part({ alg: 'ES256', kid: '1' })}.${part({ sub: 'a' })}.${part({})}`;
    await expect(createAccessTokenCheck(rules, systemClock)(token)).rejects.toMatchObject({
      code: 'BH_HTTP_ISSUER',
    });
    expect(server.seen).toHaveLength(4);
    expect(other.seen).toEqual([]);
  });
});
