/** What somebody does not want to hear of, by namespace, label, workload and message; in linear time. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ignoredBy, type IgnoreRules } from '../../../internal/pipeline/filter-ignore.ts';
import { decideFilter } from '../../../internal/pipeline/filter.ts';
import { containsGlob, matchesGlob } from '../../../internal/pipeline/glob.ts';
import { aFinding } from '../../support/finding-builder.ts';
import { runs } from '../../support/runs.ts';

const finding = aFinding({
  message: 'dial tcp 10.0.0.7:5432: connection refused',
  pod: {
    ...{ namespace: 'shop', name: 'cart-7d9f-x2x' },
    owner: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'cart-7d9f', uid: 'u' },
    labels: new Map([
      ['pod-template-hash', '7d9f'],
      ['tier', 'backend'],
    ]),
  },
});

describe('a finding is ignored', () => {
  const cases: [rules: IgnoreRules, by: string | undefined][] = [
    [{}, undefined],
    [{ ignoreNamespaces: [], ignoreMessages: [] }, undefined],
    [{ ignoreNamespaces: ['shop'] }, 'namespace-ignored'],
    [{ ignoreNamespaces: ['dev-*', 'sh*'] }, 'namespace-ignored'],
    [{ ignoreNamespaces: ['hop', 'Shop', 'shop-*'] }, undefined],
    [{ ignoreLabels: ['tier'] }, 'label-ignored'],
    [{ ignoreLabels: ['tier=back*'] }, 'label-ignored'],
    [{ ignoreLabels: ['tier=front', 'team', 'tie'] }, undefined],
    [{ ignoreWorkloads: ['Deployment/cart'] }, 'workload-ignored'],
    [{ ignoreWorkloads: ['shop/*/ca*'] }, 'workload-ignored'],
    [{ ignoreWorkloads: ['ReplicaSet/cart-7d9f', 'bank/Deployment/cart', 'Deployment/car'] }, undefined],
    [{ ignoreMessages: ['connection refused'] }, 'message-ignored'],
    [{ ignoreMessages: ['dial*refused'] }, 'message-ignored'],
    [{ ignoreMessages: ['refused*dial', 'REFUSED'] }, undefined],
  ];
  for (const [rules, by] of cases) {
    test(`by ${JSON.stringify(rules)}: ${by ?? 'not'}`, () => assert.equal(ignoredBy(finding, rules), by));
  }

  test('by the name of its pod where nothing controls it', () => {
    const bare = aFinding({ pod: { name: 'lonely', owner: undefined } });
    assert.equal(ignoredBy(bare, { ignoreWorkloads: ['Pod/lone*'] }), 'workload-ignored');
  });

  test('by the filter, with the rule as its reason', () => {
    const settings = { dedupCooldownMs: 0, batchSize: 1, batchFlushMs: 1, enabledReasons: ['*'], eventTypes: [] };
    assert.deepEqual(decideFilter(finding, { ...settings, ignoreNamespaces: ['shop'] }), {
      pass: false,
      reason: 'namespace-ignored',
    });
    assert.ok(decideFilter(finding, { ...settings, ignoreNamespaces: ['bank'] }).pass);
  });
});

describe('a pattern', () => {
  test('says the same as the regular expression it stands for', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.', '/'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '/', '\n'), maxLength: 16 });
    fc.assert(
      fc.property(word, text, (pattern, value) => {
        const source = pattern
          .split('*')
          .map((part) => part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
          .join('[^]*');
        assert.equal(matchesGlob(pattern, value), new RegExp(`^${source}$`).test(value));
        assert.equal(containsGlob(pattern, value), new RegExp(source).test(value));
      }),
      { numRuns: runs(5000) },
    );
  });

  test('that would keep a regular expression busy for years is answered at once', () => {
    const pattern = `${'a*'.repeat(127)}b`;
    const began = process.hrtime.bigint();
    for (let run = 0; run < 100; run++) assert.equal(containsGlob(pattern, 'a'.repeat(1024)), false);
    assert.ok(process.hrtime.bigint() - began < 2_000_000_000n);
  });
});
