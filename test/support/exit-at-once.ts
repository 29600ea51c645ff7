/**
 * Ends this process without taking Node's environment apart. Taken apart it may spin for ever: Node 24.21 on Linux, now and
 * then after many TLS connections were cut, waits in Environment::CleanupHandles for a request that never ends (seen with
 * perf, once in some ten runs of test/model/pod-watches.model.test.ts). Importing this file is all there is to do.
 */
process.once('exit', (code) => process.exit(code));
