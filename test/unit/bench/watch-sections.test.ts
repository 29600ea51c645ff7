// What the benchmark of the watch layer makes of what it measured.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { CLIENT_GO, watcher, watcherInMemory } from '../../bench/watch/programs.ts';
import { withRun, type RunFacts } from '../../bench/watch/record.ts';
import { isMet, renderSection, shareText, type Section } from '../../bench/watch/section.ts';
import { memorySection, startSection } from '../../bench/watch/weight-sections.ts';
import type { Weight } from '../../bench/watch/weigh.ts';

function aWeight(program: string, pods: number, over: Partial<Weight> = {}): Weight {
  return { program, pods, size: 'lean', residentMB: 100, peakMB: 120, syncMs: 250, cpuMs: 400, ...over };
}

const verdicts = (section: Section): Record<string, boolean> =>
  Object.fromEntries(section.judgements.map(({ what, value, limit }) => [what, isMet(value, limit)]));

describe('a section', () => {
  const section: Section = {
    name: 'speed',
    about: 'How fast.',
    columns: [{ heading: 'WHO' }],
    rows: [['we']],
    judgements: [
      { what: 'seconds', value: 1, limit: 1, unit: 's' },
      { what: 'never measured', value: NaN, limit: 1, unit: 's' },
    ],
  };

  test('says of each promised figure whether it is met, and what could not be measured is missed', () => {
    assert.equal(
      renderSection(section),
      [
        'speed',
        '  How fast.',
        '',
        '  WHO',
        '  we',
        '',
        '  VERDICT  FIGURE TO REACH  MEASURED  AT MOST',
        '  met      seconds            1.00 s     1.00',
        '  MISSED   never measured        - s     1.00',
        '',
      ].join('\n'),
    );
  });

  test('shows small ratios as a part', () => {
    assert.equal(shareText(1, 2), '0.50');
    assert.equal(shareText(1, 18), '1/18');
    assert.equal(shareText(30, 10), '3.0');
    assert.equal(shareText(1, NaN), '-');
  });
});

describe('memory', () => {
  const all = [
    aWeight(watcher.name, 0),
    aWeight(watcherInMemory.name, 0, { residentMB: 86 }),
    aWeight(watcher.name, 100_000, { residentMB: 200, peakMB: 301 }),
    aWeight(CLIENT_GO, 20_000, { size: 'large', residentMB: 600 }),
    aWeight(watcher.name, 20_000, { size: 'large', residentMB: 119 }),
  ];

  test('is judged by the figures of the issue', () => {
    assert.deepEqual(verdicts(memorySection({ all, answerMs: 1 })), {
      'the empty agent, outbox in memory': false,
      'the empty agent, outbox on a thread': true,
      'peak while syncing, at worst': false,
      '100,000 pods': true,
      'a pod, of 100,000': true,
      '20,000 pods of 7.7 KB': true,
    });
  });

  test('a pod costs what it adds to the process without pods', () => {
    const { judgements, rows } = memorySection({ all, answerMs: 1 });
    assert.equal(judgements.find(({ what }) => what.startsWith('a pod'))?.value, 1.024);
    assert.equal(rows[2]?.[4], '10.0');
  });

  test('is not compared with what was left out', () => {
    const withoutGo = all.filter(({ program }) => program !== CLIENT_GO);
    assert.ok(!('20,000 pods of 7.7 KB' in verdicts(memorySection({ all: withoutGo, answerMs: 1 }))));
  });
});

test('what it takes to be synced is judged beyond an answer of the API server, and beside client-go', () => {
  const all = [
    aWeight(watcher.name, 0, { syncMs: 305 }),
    aWeight(watcher.name, 20_000, { cpuMs: 401 }),
    aWeight(CLIENT_GO, 20_000, { cpuMs: 1000 }),
    aWeight(watcher.name, 100_000, { cpuMs: 400 }),
    aWeight(CLIENT_GO, 100_000, { cpuMs: 1000 }),
  ];
  assert.deepEqual(verdicts(startSection({ all, answerMs: 6 })), {
    'start to /readyz, less an answer': true,
    'CPU until synced, 20,000 pods': false,
    'CPU until synced, 100,000 pods': true,
  });
});

describe('a recorded run', () => {
  const facts: RunFacts = {
    command: 'make bench-watch',
    at: '2026-01-02T03:04:05Z',
    commit: 'abc1234',
    machine: { cpu: 'a processor', cpus: 2, memoryMB: 8192, node: 'v24.0.0' },
    loadBefore: '0.1',
    loadAfter: '1.0',
  };

  test('takes the place of the one before and of nothing else', () => {
    const document = 'before\n<!-- recorded: bench-watch -->\nold\n<!-- end of bench-watch -->\nafter\n';
    const once = withRun(document, [], facts);
    assert.match(
      once,
      /^before\n<!-- recorded: bench-watch -->\n\n`make bench-watch` on 2026-01-02 at commit abc1234: 2 cores/,
    );
    assert.ok(once.endsWith('<!-- end of bench-watch -->\nafter\n') && !once.includes('old'));
    assert.equal(withRun(once, [], facts), once);
  });

  test('has its place in the page about performance', () => {
    const page = readFileSync(new URL('../../../docs/PERFORMANCE.md', import.meta.url), 'utf8');
    assert.match(withRun(page, [], facts), /at commit abc1234/);
  });

  test('is refused by a document without a place for it', () => {
    assert.throws(() => withRun('nothing', [], facts), /no part between/);
  });
});
