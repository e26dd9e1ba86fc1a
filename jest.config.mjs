export default {
  projects: [
    '<rootDir>/apps/*',
    '<rootDir>/libs/*',
    '<rootDir>/infra/rabbitmq',
    '<rootDir>/tools/bench',
    '<rootDir>/tools/stack',
    '<rootDir>/tools/storm',
  ],
  // Two cores; Jest's own default would be one worker.
  maxWorkers: 2,
  testTimeout: 30_000,
  passWithNoTests: false,
  reporters: ['default', '<rootDir>/tools/count-reporter.mjs'],
  globalSetup: '<rootDir>/tools/test-servers.ts',
  globalTeardown: '<rootDir>/tools/stop-test-servers.ts',
}
