/** A crash loop carries its cause: what the operator would look up next. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Finding } from '../../../internal/pipeline/finding.ts';
import { look } from '../../support/detecting.ts';
import { app, init, pod, sidecar, type ExitParts } from '../../support/pod-builder.ts';

function loopOf(exit: ExitParts, container = app()): Finding {
  const [finding, ...others] = look(pod().with(container.crashLooping(exit))).findings;
  assert.deepEqual(others, []);
  assert.ok(finding);
  return finding;
}

const causeOf = (exit: ExitParts): string => loopOf(exit).message.split('; ')[0] ?? '';

describe('a crash loop', () => {
  const causes: [exit: ExitParts, message: string][] = [
    [{ code: 1 }, 'last exit code 1 (Error)'],
    [{ code: 2, message: 'no such file: /etc/app.yaml\n' }, 'last exit code 2 (Error): no such file: /etc/app.yaml'],
    [{ code: 137, reason: 'OOMKilled' }, 'last exit code 137 (OOMKilled)'],
    [{ code: 137 }, 'last exit code 137 (Error, SIGKILL, cause unknown)'],
    [{ code: 143 }, 'last exit code 143 (Error, SIGTERM, cause unknown)'],
    [{ code: 139 }, 'last exit code 139 (Error, SIGSEGV)'],
    [{ code: 255, signal: 6 }, 'last exit code 255 (Error, signal 6)'],
    [{ code: 128, reason: 'StartError', message: 'exec: "x"' }, 'last exit code 128 (StartError): exec: "x"'],
    [{ code: 0, reason: 'Completed' }, 'last exit code 0 (Completed)'],
  ];
  for (const [exit, message] of causes) {
    test(`says "${message}"`, () => assert.equal(causeOf(exit), message));
  }

  test('says that its cause is unknown where no exit is left to see', () => {
    const [finding] = look(pod().with(app().waiting('CrashLoopBackOff', 'back-off 5m'))).findings;
    assert.equal(finding?.message, 'cause unknown; back-off 5m');
    assert.equal(finding.container?.exit, undefined);
  });

  test('carries code, signal and the word of the runtime as fields of their own', () => {
    assert.deepEqual(loopOf({ code: 137, signal: 9, reason: 'OOMKilled' }).container?.exit, {
      ...{ code: 137, signal: 9, reason: 'OOMKilled', cause: 'oom' },
    });
  });

  test('passes under the family of its cause, too', () => {
    assert.deepEqual(loopOf({ code: 137, reason: 'OOMKilled' }).families, ['CrashLoopBackOff', 'OOMKilled']);
    assert.deepEqual(loopOf({ code: 1 }).families, ['CrashLoopBackOff', 'Failed', 'Error']);
  });

  test('does so in init containers and sidecars as well', () => {
    for (const container of [init('setup'), sidecar('proxy')]) {
      const { message, container: told } = loopOf({ code: 3 }, container);
      assert.match(message, /^last exit code 3 \(Error\); back-off/);
      assert.equal(told?.exit?.code, 3);
    }
  });
});

describe('an exit told as such', () => {
  test('does not say its own reason twice', () => {
    const [finding] = look(pod().with(app().exited({ code: 137, reason: 'OOMKilled' }))).findings;
    assert.equal(finding?.reason, 'OOMKilled');
    assert.deepEqual(finding.container?.exit, { code: 137, signal: 0, cause: 'oom' });
  });

  test('under the words of a start that failed keeps the runtime’s', () => {
    const exit = { id: 'b', code: 128, reason: 'StartError' };
    const [finding] = look(pod().with(app().waiting('RunContainerError', 'exec').id('b').last(exit))).findings;
    assert.deepEqual([finding?.reason, finding?.container?.exit?.reason], ['RunContainerError', 'StartError']);
  });
});
