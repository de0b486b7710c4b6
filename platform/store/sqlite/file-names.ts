/** The database within a data folder. */
export const databaseFileName = 'bithive.db';
