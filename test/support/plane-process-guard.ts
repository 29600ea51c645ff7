// Loaded before the plane in plane-process.ts: ends the process when the test that started it is gone.
process.stdin.resume();
process.stdin.once('end', () => process.exit(1));
process.stdin.unref();
