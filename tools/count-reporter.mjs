// Prints `N passed, N failed` as the very last line of a test run, and behind it `, N skipped` where there are any; a file
// that could not run counts as failed.
export default class CountReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites }) {
    const failed = numFailedTests + numRuntimeErrorTestSuites
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : ''
    // Jest writes its own summary after the reporters are done.
    process.once('exit', () => process.stdout.write(`\n${numPassedTests} passed, ${failed} failed${skipped}\n`))
  }
}
