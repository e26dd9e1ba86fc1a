import preset from './jest.preset.mjs'

// npm run e2e: the whole-system tests alone, by Testcontainers where Docker is there. With E2E_BASE_URL the part of
// them that needs nothing but an address, against a wall that is up already.
const blackBox = Boolean(process.env.E2E_BASE_URL)
if (blackBox) process.stderr.write(`e2e: the black-box suite against ${process.env.E2E_BASE_URL}\n`)

export default {
  ...preset,
  roots: ['<rootDir>/libs/testing/src'],
  testMatch: [`**/*${blackBox ? '.black-box' : ''}.e2e.test.ts`],
  maxWorkers: 2,
  // A bound, not an expectation: a machine with slow memory takes five times as long as usual.
  testTimeout: 300_000,
  passWithNoTests: false,
  reporters: ['default', '<rootDir>/tools/count-reporter.mjs'],
  globalSetup: '<rootDir>/tools/e2e-servers.ts',
  globalTeardown: '<rootDir>/tools/stop-test-servers.ts',
}
