import base from './jest.config.mjs';

/** Tests that start Orthanc, dcmtk and dicom3tools in a network namespace: `npm run test:imaging`. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/imaging/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  testTimeout: 180_000,
  maxWorkers: 1,
  verbose: true,
};
