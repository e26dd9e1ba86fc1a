// Prints `N passed, N failed` as the very last line of a test run; a file that could not run counts as failed.
export default class CountReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) {
    const failed = numFailedTests + numRuntimeErrorTestSuites
    // Jest writes its own summary after the reporters are done.
    process.once('exit', () => process.stdout.write(`\n${numPassedTests} passed, ${failed} failed\n`))
  }
}
