/** Every kind of filter, from a flag, from the file and from remote settings: what it suppresses, and what is refused. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LiveSettings } from '../../../cmd/watcher/live-settings.ts';
import { decideFilter } from '../../../internal/pipeline/filter.ts';
import type { PipelineSettings } from '../../../internal/pipeline/settings.ts';
import { silentLogger } from '../../../internal/platform/log.ts';
import { aFinding } from '../../support/finding-builder.ts';
import { load, messagesOf } from '../config/loading.ts';

/** OOMKilled, critical, in shop, of Deployment cart. */
const finding = aFinding({
  pod: {
    labels: new Map([
      ['app', 'cart'],
      ['pod-template-hash', '7d9f'],
    ]),
  },
});

interface Kind {
  readonly key: string;
  readonly reason: string;
  /** As a flag and in a file; as remote settings say it. */
  readonly hit: readonly [text: string, remote: unknown];
  readonly miss: readonly [text: string, remote: unknown];
  readonly bad: readonly [text: string, remote: unknown];
}

const long = 'x'.repeat(257);
const kinds: readonly Kind[] = [
  {
    ...{ key: 'ignore_namespaces', reason: 'namespace-ignored', bad: ['**', ['**']] },
    ...{ hit: ['dev-*,sh*', ['dev-*', 'sh*']], miss: ['dev-*', ['dev-*']] },
  },
  {
    ...{ key: 'ignore_labels', reason: 'label-ignored', bad: ['=', ['=']] },
    ...{ hit: ['team,app=ca*', ['team', 'app=ca*']], miss: ['app=web', ['app=web']] },
  },
  {
    ...{ key: 'ignore_selectors', reason: 'label-ignored', bad: ['app in (a', ['app in (a']] },
    hit: ['app=web; app in (cart,web),tier!=db', ['app=web', 'app in (cart,web),tier!=db']],
    miss: ['app=cart,!pod-template-hash', ['app=cart,!pod-template-hash']],
  },
  {
    ...{ key: 'ignore_workloads', reason: 'workload-ignored', bad: ['*/*', ['*/*']] },
    ...{ hit: ['Job/*,shop/Deployment/c*', ['shop/Deployment/c*']], miss: ['dev/Deployment/cart', ['Deployment/web']] },
  },
  {
    ...{ key: 'ignore_reasons', reason: 'reason-ignored', bad: ['*', ['*']] },
    ...{ hit: ['Evicted,OOM*', ['Evicted', 'OOM*']], miss: ['Evicted', ['Evicted']] },
  },
  {
    ...{ key: 'ignore_messages', reason: 'message-ignored', bad: [long, [long]] },
    ...{ hit: ['limit*reached', ['limit*reached']], miss: ['reached*limit', ['reached*limit']] },
  },
  {
    ...{ key: 'enabled_reasons', reason: 'family-disabled', bad: ['', 'OOMKilled'] },
    ...{ hit: ['Evicted', ['Evicted']], miss: ['OOMKilled', ['OOMKilled']] },
  },
  {
    ...{ key: 'min_severity', reason: 'below-severity', bad: ['grave', 'grave'] },
    ...{ hit: ['critical', 'critical'], miss: ['info', 'info'] },
  },
];

function decide(settings: PipelineSettings, severity = finding.severity): string {
  const decision = decideFilter({ ...finding, severity }, settings);
  return decision.pass ? 'passes' : decision.reason;
}

for (const { key, reason, hit, miss, bad } of kinds) {
  const flag = `--${key.replaceAll('_', '-')}`;
  /** Something critical is never below severity. */
  const severity = key === 'min_severity' ? 'warning' : 'critical';
  const local = (sources: Parameters<typeof load>[0]): LiveSettings =>
    new LiveSettings(load(sources).config, silentLogger());

  describe(`the filter ${key}`, () => {
    for (const [word, [text, remote], expected] of [
      ['suppresses', hit, reason],
      ['lets pass', miss, 'passes'],
    ] as const) {
      test(`${word}: from a flag, from the file, from remote settings`, () => {
        assert.equal(decide(local({ argv: [`${flag}=${text}`] }).current(), severity), expected);
        assert.equal(decide(local({ file: `${key}: ${JSON.stringify(text)}` }).current(), severity), expected);
        const settings = local({});
        settings.apply(settings.parse({ [key]: remote }));
        assert.equal(decide(settings.current(), severity), expected);
      });
    }

    test('is refused with a remedy where it can not be meant', () => {
      const [message = ''] = messagesOf({ argv: [`${flag}=${bad[0]}`] });
      assert.match(message, new RegExp(`${flag.slice(2)}.*: .+; .+`));
      assert.equal(messagesOf({ file: `${key}: ${JSON.stringify(bad[0])}` }).length, 1);
    });

    test('stays as remote settings last meant it where they say what can not be meant', () => {
      const settings = local({});
      for (const value of [hit[1], bad[1]]) settings.apply(settings.parse({ [key]: value }));
      assert.equal(decide(settings.current(), severity), reason);
    });
  });
}
