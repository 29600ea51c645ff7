// What a real kubelet wrote in each scenario of the corpus is told as an operator wants it told: nothing missed, nothing false.
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { judge, recordingOf, scoreOf, type Decision } from '../../corpus/score.ts';
import { scorecard, troublesOf } from '../../corpus/scorecard.ts';
import { looping, once, type Scenario } from '../../corpus/scenario.ts';
import { scenarios } from '../../corpus/scenarios.ts';

const KIB = 1024;

describe('of what a kubelet wrote, all is told that should be, and nothing else', () => {
  for (const scenario of scenarios) {
    test(`${scenario.name}: ${scenario.about}`, async () => {
      assert.deepEqual(troublesOf(await scoreOf(scenario)), []);
    });
  }
});

describe('the recordings', () => {
  const directory = path.dirname(recordingOf({ name: '' }));
  const files = readdirSync(directory);

  test('are one for each scenario, and no name is used twice', () => {
    assert.deepEqual(files.toSorted(), scenarios.map(({ name }) => `${name}.ndjson`).toSorted());
  });

  test('are small: none above 200 KiB, all of them below 2 MiB', () => {
    const sizes = files.map((file) => statSync(path.join(directory, file)).size);
    assert.ok(Math.max(...sizes) < 200 * KIB, `${Math.max(...sizes)} bytes`);
    assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 2 * KIB * KIB);
  });
});

describe('a score', () => {
  const told = (fields: object): Decision =>
    ({
      decision: 'append',
      reason: 'first',
      event: {
        type: 'failure',
        name: 'web-1',
        container_name: 'main',
        reason: 'Error',
        severity: 'warning',
        ...fields,
      },
    }) as Decision;
  const scenario: Scenario = {
    ...{ name: 'sample', about: 'a sample', steps: [], expected: looping('web-*') },
    silent: [{ pod: 'web-*', because: 'deletion' }, { pod: 'db' }],
  };
  const loop = told({ reason: 'CrashLoopBackOff', severity: 'critical' });
  const silence: Decision = { decision: 'silence', reason: 'deletion', name: 'web-1' };
  const pods = new Set(['web-1', 'db']);

  test('is perfect where all that is expected is told once and what is silent is silent for its reason', () => {
    assert.deepEqual(troublesOf(judge(scenario, [told({}), silence, loop], pods)), []);
  });

  const faults: [what: string, decisions: Decision[], trouble: string][] = [
    ['a failure that is not told', [told({}), silence], 'missed web-* main CrashLoopBackOff critical'],
    ['one that is told twice', [told({}), told({}), loop, silence], 'false failure web-1 main Error warning'],
    [
      'one of a pod that is well',
      [told({}), told({ name: 'db' }), loop, silence],
      'false failure db main Error warning',
    ],
    [
      'one that goes on',
      [told({}), loop, told({ type: 'ongoing' }), silence],
      'false ongoing web-1 main Error warning',
    ],
    ['a silence for no reason', [told({}), loop], 'not seen: web-* silent because of deletion'],
  ];
  for (const [what, decisions, trouble] of faults) {
    test(`says so of ${what}`, () => {
      assert.deepEqual(troublesOf(judge(scenario, decisions, pods)), [`sample: ${trouble}`]);
    });
  }

  test('says so of another severity or container: one missed, one false', () => {
    for (const other of [{ severity: 'critical' }, { container_name: 'second' }]) {
      const { missed, false: wrong } = judge(scenario, [told(other), loop, silence], pods);
      assert.deepEqual([missed.length, wrong.length], [1, 1]);
    }
  });

  test('says so of a recording without the pod', () => {
    const trouble = troublesOf(judge(scenario, [told({}), loop, silence], new Set(['web-1'])));
    assert.deepEqual(trouble, ['sample: not seen: db silent']);
  });

  test('is a row of the scorecard, with the sums below and what is wrong at the end', () => {
    const good = judge(
      { ...scenario, name: 'good', expected: [once('web-1', 'Error', 'warning')] },
      [told({}), silence],
      pods,
    );
    const bad = judge(scenario, [told({ reason: 'Odd' }), loop, silence], pods);
    assert.deepEqual(scorecard([good, bad]).split('\n'), [
      'scenario     expected  found  missed  false',
      'good                1      1       0      0',
      'sample              2      1       1      1',
      '2 scenarios         3      2       1      1',
      '',
      'sample: missed web-* main Error warning',
      'sample: false failure web-1 main Odd warning',
      '',
    ]);
  });
});
