/** knex exports its dialects without types; this is the part that `knex-dialect.ts` overrides. */
declare module 'knex/lib/dialects/sqlite3/index.js' {
  export default class SqliteClient {
    constructor(config: object);
  }
}
