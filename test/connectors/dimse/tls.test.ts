import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { echo, proposeServices, requestAssociation, verification } from '../../../connectors/dimse/index.ts';
import type { SenderTls } from '../../../connectors/tls.ts';
import { systemClock } from '../../../platform/clock.ts';
import { Authority, type Certificate, hasOpenssl } from '../hl7v2/certificates.ts';
import { type Node, startNode } from './node-setup.ts';

(hasOpenssl() ? describe : describe.skip)('DIMSE over TLS (needs openssl)', () => {
  let authority: Authority;
  let server: Certificate;
  let modality: Certificate;
  let node: Node | undefined;
  beforeAll(() => {
    authority = new Authority();
    server = authority.issue('server');
    modality = authority.issue('modality');
  });
  afterAll(() => authority.remove());
  afterEach(() => node?.close());

  async function echoed(port: number, tls?: SenderTls): Promise<number | undefined> {
    const association = await requestAssociation(
      { host: '127.0.0.1', port, calledAe: 'BITHIVE', callingAe: 'CT1', ...(tls ? { tls } : {}) },
      { clock: systemClock, contexts: proposeServices([verification]), answerMs: 2_000 },
    );
    const { status } = await echo(association, 2_000);
    await association.release(2_000);
    return status;
  }

  test('with client certificates: who has one is served, who has none or speaks no TLS is not', async () => {
    node = await startNode({
      artimMs: 1_000,
      tls: { ...server, ca: authority.cert, requestClientCert: true },
    });
    const { port } = node;
    expect(await echoed(port, { ca: authority.cert, ...modality })).toBe(0);
    await expect(echoed(port, { ca: authority.cert })).rejects.toMatchObject({
      code: expect.stringMatching(/^BH_D/),
    });
    await expect(echoed(port)).rejects.toMatchObject({ code: expect.stringMatching(/^BH_D/) });
  });

  test('a node with a certificate of nobody that we know is not spoken to', async () => {
    node = await startNode({ tls: server });
    await expect(echoed(node.port, {})).rejects.toMatchObject({ code: 'BH_DELIVERY_UNREACHABLE' });
  });
});
