import { connect, createServer, type Server, type Socket } from 'node:net';

/** A network between the store and its server that can go silent: packets stop, connections stay open. */
export class StallingProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #isStalled = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(targetPort: number): Promise<StallingProxy> {
    const server = createServer();
    const proxy = new StallingProxy(server);
    server.on('connection', (inside) => {
      const outside = connect(targetPort, '127.0.0.1');
      const pair = [inside, outside] as const;
      proxy.#pairs.add(pair);
      for (const [from, to] of [pair, [outside, inside] as const]) {
        from.on('data', (chunk) => to.write(chunk));
        from.on('error', () => to.destroy());
        from.on('close', () => {
          to.destroy();
          proxy.#pairs.delete(pair);
        });
        if (proxy.#isStalled) from.pause();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  stall(isStalled: boolean): void {
    this.#isStalled = isStalled;
    for (const socket of [...this.#pairs].flat()) {
      if (isStalled) socket.pause();
      else socket.resume();
    }
  }

  async close(): Promise<void> {
    for (const socket of [...this.#pairs].flat()) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
