/** Native ESM, TypeScript stripped by swc, one environment that shares the host's typed arrays (onnxruntime-node checks them). */
export default {
  rootDir: '.',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '/dist/',
    '<rootDir>/test/services/',
    '<rootDir>/test/crash/',
    '<rootDir>/test/fuzz/',
    '<rootDir>/test/imaging/',
  ],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  testEnvironment: './test/environment.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  /** Two at a time, each made anew when it has grown: modules of a test file are never let go of, and one process for all held 6 GB in the end. */
  maxWorkers: 2,
  workerIdleMemoryLimit: '1GB',
  /** Ends what hangs, and nothing that is slow: a wait in vain ends by itself before (test/until.ts). */
  testTimeout: 120_000,
};
