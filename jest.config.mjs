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
  // A bound, not an expectation: a machine with slow memory takes five times as long as usual.
  testTimeout: 300_000,
  passWithNoTests: false,
  reporters: ['default', '<rootDir>/tools/count-reporter.mjs'],
  globalSetup: '<rootDir>/tools/test-servers.ts',
  globalTeardown: '<rootDir>/tools/stop-test-servers.ts',
}
