/** The exporters against a real collector: what waits is bounded, where they connect is judged, and proxies are used. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../../internal/platform/clock.ts';
import { systemRandom } from '../../../internal/platform/random.ts';
import { collectorUrlPolicy, guardedLookup } from '../../../internal/platform/url-guard.ts';
import { startOtlp } from '../../../internal/telemetry/otlp.ts';
import type { OtlpOptions } from '../../../internal/telemetry/signal-way.ts';
import { until } from '../../support/e2e-until.ts';
import { OtlpCollector } from '../../support/otlp-collector.ts';
import { outboxEvent } from '../../support/outbox-event.ts';

function started(endpoint: string, options: Partial<OtlpOptions> = {}) {
  const told = new Map<string, number>();
  const details = new Set<string>();
  const otlp = startOtlp({
    ...{ endpoint, intervalMs: 1000, tracePercent: 100, version: '0', resource: {}, proxy: undefined },
    ...{ clock: systemClock(), random: systemRandom(), lookup: guardedLookup(collectorUrlPolicy) },
    headers: () => Promise.resolve({}),
    families: () => Promise.resolve([{ name: 'one', help: '', type: 'gauge', points: [{ labels: {}, value: 1 }] }]),
    report: (signal, outcome, detail) => {
      told.set(`${signal} ${outcome}`, (told.get(`${signal} ${outcome}`) ?? 0) + 1);
      details.add(detail);
    },
    ...options,
  });
  const count = (what: string): number => told.get(what) ?? 0;
  return { otlp, count, details, [Symbol.asyncDispose]: () => otlp.stop(1000) };
}

describe('exports by OTLP', { timeout: 60_000 }, () => {
  test('of a storm hold a thousand spans at most while the collector hangs; the rest is counted', async () => {
    await using collector = await OtlpCollector.start();
    collector.fault = { kind: 'hang' };
    await using own = started(collector.url);
    for (let index = 1; index <= 20_000; index++) {
      const eventId = index.toString(16).padStart(32, '0');
      own.otlp.failures.settled({ ...outboxEvent('1'), eventId }, 'delivered', 'executed');
    }
    assert.ok(own.count('traces dropped') >= 20_000 - 2 * 1024, `${own.count('traces dropped')} were dropped`);
    await until('the export times out', () => own.count('traces timeout') > 0);
    assert.ok(collector.spans.length <= 2 * 1024, `${collector.spans.length} spans were sent`);
    collector.fault = undefined;
    const before = collector.spans.length;
    own.otlp.failures.settled({ ...outboxEvent('1'), eventId: 'f'.repeat(32) }, 'delivered', 'executed');
    await until('there is room again', () => collector.spans.length > before);
  });

  test('go to no address that hands out credentials of machines, whatever its name', async () => {
    const addresses = [{ address: '169.254.169.254', family: 4 }];
    const resolve = (_name: string, _options: unknown, answer: (error: null, found: unknown) => void): void =>
      answer(null, addresses);
    const lookup = guardedLookup(collectorUrlPolicy, resolve as never);
    await using own = started('http://collector.example', { lookup });
    await until('it is refused', () => own.count('metrics unreachable') > 0);
    assert.ok(own.details.has('URL_REFUSED'));
  });

  test('go through the proxy of the environment', async () => {
    await using proxy = await OtlpCollector.start();
    await using own = started('http://collector.example', { proxy: proxy.url });
    await until('it is taken', () => own.count('metrics accepted') > 0);
    assert.equal(proxy.requests[0]?.headers.host, 'collector.example');
    assert.match(proxy.requests[0].path, /^http:\/\/collector\.example\/v1\/metrics$/);
  });

  test('end within a second when they are told to, though nobody answers', async () => {
    await using collector = await OtlpCollector.start();
    collector.fault = { kind: 'hang' };
    const { otlp } = started(collector.url, { intervalMs: 60_000 });
    otlp.failures.settled({ ...outboxEvent('1'), eventId: 'f'.repeat(32) }, 'delivered', 'executed');
    const beganMs = performance.now();
    await otlp.stop(20_000);
    assert.ok(performance.now() - beganMs < 5_000);
  });
});
