import base from './jest.config.mjs';

/** Tests that start real servers (PostgreSQL ...) on loopback: `npm run test:services`. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/services/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  testTimeout: 180_000,
  maxWorkers: 1,
};
