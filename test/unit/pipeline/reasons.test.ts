/** The table of reasons: whole, consistent, and the one source of docs and validation. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  defaultEnabledReasons,
  disruptionReason,
  knownReasons,
  podReason,
  terminatedReason,
  waitingReason,
} from '../../../internal/pipeline/reasons.ts';
import { renderReasonsTable } from '../../../internal/pipeline/reasons-doc.ts';
import { familiesTable, reasonsTable } from '../../../internal/pipeline/reasons-table.ts';

describe('the table of reasons', () => {
  test('names every reason once for each place it is seen in', () => {
    const keys = reasonsTable.map(({ seenIn, reason }) => `${seenIn}/${reason}`);
    assert.equal(new Set(keys).size, keys.length);
  });

  test('puts every failure into a family that exists', () => {
    const families = new Set(familiesTable.map(({ name }) => name));
    for (const { family, reason } of reasonsTable) assert.ok(family === '' || families.has(family), reason);
  });

  test('has a hint of one line for everything', () => {
    for (const { hint, reason } of reasonsTable) assert.match(hint, /^[^\n|]{10,120}$/, reason);
  });

  test('has the six families of the contract on by default and no other', () => {
    const contract = [
      'CrashLoopBackOff',
      'ImagePullBackOff',
      'CreateContainerConfigError',
      'OOMKilled',
      'Failed',
      'Evicted',
    ];
    assert.deepEqual(defaultEnabledReasons, contract);
  });
});

describe('enabled_reasons', () => {
  test('may name families, single reasons and *', () => {
    for (const name of ['*', 'Failed', 'Unschedulable', 'ErrImagePull', 'OutOfcpu', 'PreemptionByScheduler']) {
      assert.ok(knownReasons.has(name), name);
    }
  });

  test('may not name what is no failure, or a misspelling', () => {
    for (const name of ['ContainerCreating', 'EvictionByEvictionAPI', 'crashloopbackoff', '']) {
      assert.ok(!knownReasons.has(name), name);
    }
  });
});

describe('looking a reason up', () => {
  test('never throws, whatever the word', () => {
    for (const word of ['', '__proto__', 'constructor', 'x'.repeat(100_000), '\u0000', 'Error'.repeat(20_000)]) {
      for (const lookUp of [waitingReason, terminatedReason, podReason, disruptionReason]) {
        assert.equal(typeof lookUp(word).family, 'string');
      }
    }
  });

  test('keeps the word it was asked for', () => {
    assert.equal(waitingReason('FancyError').reason, 'FancyError');
    assert.equal(podReason('OutOfnvidia.com/gpu').reason, 'OutOfnvidia.com/gpu');
    assert.equal(terminatedReason('').reason, 'Error');
  });
});

describe('the documentation', () => {
  test('lists every family and every reason as a table row', () => {
    const text = renderReasonsTable();
    for (const { name } of familiesTable) assert.match(text, new RegExp(`^\\| \`${name}\` \\| (on|off) \\|`, 'm'));
    assert.equal(
      text.split('\n').filter((line) => line.startsWith('| `')).length,
      familiesTable.length + reasonsTable.length,
    );
    assert.ok(text.endsWith('|\n'));
  });
});
