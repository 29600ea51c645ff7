// What the demo understands of its environment, and what it refuses.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readOptions } from '../../../cmd/demo/options.ts';
import { coloured, paintFor, plain } from '../../../cmd/demo/paint.ts';
import { DemoProblem, problemText } from '../../../cmd/demo/problem.ts';

describe('the options of the demo', () => {
  test('are a simulated cluster on free ports, not kept, where nothing is said', () => {
    const expected = {
      cluster: 'simulated',
      isKept: false,
      watchForMs: 60_000,
      restate: undefined,
      httpListen: '127.0.0.1:0',
    };
    assert.deepEqual(readOptions({}), expected);
    assert.deepEqual(readOptions({ CLUSTER: '', KEEP: '', SECONDS: '', HTTP_LISTEN: '', RESTATE_URL: '' }), expected);
  });

  test('take the kind of cluster, KEEP, SECONDS and a Restate server by name', () => {
    const options = readOptions({
      CLUSTER: 'current',
      KEEP: '1',
      SECONDS: '5',
      RESTATE_URL: 'http://plane:8080/',
      RESTATE_ADMIN_URL: 'http://plane:9070',
    });
    assert.equal(options.cluster, 'current');
    assert.equal(options.isKept, true);
    assert.equal(options.watchForMs, 5000);
    assert.deepEqual(options.restate, { ingressUrl: 'http://plane:8080', adminUrl: 'http://plane:9070' });
  });

  for (const environment of [
    { CLUSTER: 'simulatd' },
    { KEEP: 'maybe' },
    { SECONDS: '0' },
    { SECONDS: 'a minute' },
    { SECONDS: '1e9' },
    { RESTATE_URL: 'http://plane:8080' },
    { RESTATE_URL: 'plane', RESTATE_ADMIN_URL: 'http://plane:9070' },
    { RESTATE_URL: 'file:///etc/passwd', RESTATE_ADMIN_URL: 'http://plane:9070' },
  ]) {
    test(`are refused with what is understood instead: ${JSON.stringify(environment)}`, () => {
      assert.throws(() => readOptions(environment), { code: 'OPTION_INVALID' });
    });
  }
});

describe('a problem of the demo', () => {
  test('reads as its code, the case and what to do', () => {
    const text = problemText(new DemoProblem('RESTATE_MISSING', 'no Restate server here'));
    assert.match(text, /^demo: RESTATE_MISSING: no Restate server here\n {2}what to do: .*RESTATE_URL=/);
  });

  test('is a port in use wherever a system error says so', () => {
    const taken = Object.assign(new Error('listen EADDRINUSE: address already in use 127.0.0.1:1'), {
      code: 'EADDRINUSE',
    });
    assert.match(problemText(taken), /^demo: PORT_IN_USE: listen EADDRINUSE/);
    assert.match(problemText(new Error('bind: Address in use (os error 98)')), /^demo: PORT_IN_USE/);
  });

  test('is never a bare stack, whatever was thrown', () => {
    for (const thrown of [new TypeError('x is not a function'), 'words', undefined]) {
      assert.match(problemText(thrown), /^demo: INTERNAL: .+\n {2}what to do: /);
      assert.doesNotMatch(problemText(thrown), /\n\s+at /);
    }
  });
});

describe('colours', () => {
  test('are for terminals only, and not against the wish of who reads', () => {
    assert.equal(paintFor(true, {}), coloured);
    assert.equal(paintFor(true, { NO_COLOR: '' }), coloured);
    assert.equal(paintFor(true, { NO_COLOR: '1' }), plain);
    assert.equal(paintFor(true, { TERM: 'dumb' }), plain);
    assert.equal(paintFor(false, {}), plain);
  });
});
