export type { HttpServer, HttpServerOptions } from './options.ts';
export type { Caller } from './permissions.ts';
export { createHttpServer } from './server.ts';
