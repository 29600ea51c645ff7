import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { systemClock } from '../../../internal/platform/clock.ts';
import { outcomeOf } from '../../../internal/restate/outcome.ts';
import { settingsFromPlane, settingsFromUrl } from '../../../internal/restate/settings-source.ts';
import { clientFor, named } from '../../support/plane-rig.ts';
import { startScriptedIngress, type ScriptedIngress } from '../../support/scripted-ingress.ts';

const clock = systemClock();
const never = new AbortController().signal;

async function ingressFor(t: TestContext): Promise<ScriptedIngress> {
  const ingress = await startScriptedIngress();
  t.after(() => ingress.stop());
  return ingress;
}

describe('remote settings are read', () => {
  test('from ConfigService of this cluster with GET', async (t) => {
    const ingress = await ingressFor(t);
    const { client } = clientFor(ingress.url);
    t.after(() => client.close());
    const answer = await settingsFromPlane(client, 'c/1')(never);
    assert.equal(named(outcomeOf(answer, 0)), 'accepted executed');
    assert.deepEqual([ingress.requests[0]?.method, ingress.requests[0]?.path], ['GET', '/ConfigService/c%2F1/Get']);
  });

  test('from a URL of its own, query and all, without credentials, and no connection stays open', async (t) => {
    const ingress = await ingressFor(t);
    ingress.next({ kind: 'answer', status: 200, body: '{"batch_size":5}' });
    const url = new URL(`${ingress.url}/team/settings.json?token=t`);
    const answer = await settingsFromUrl({ url, agentVersion: '1', timeoutMs: 1000, clock })(never);
    assert.ok(answer.kind === 'answer');
    assert.equal(answer.body, '{"batch_size":5}');
    assert.equal(ingress.requests[0]?.path, '/team/settings.json?token=t');
    assert.equal(ingress.requests[0].headers.authorization, undefined);
    while (ingress.openSockets() > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  for (const [what, fault, expected] of [
    [
      'redirects',
      { kind: 'answer', status: 302, headers: { location: 'http://169.254.169.254/' } },
      'refused redirected',
    ],
    ['hangs', { kind: 'hang-in-body' }, 'retry timeout same'],
    ['floods', { kind: 'flood' }, 'retry unexpected-answer same'],
  ] as const) {
    test(`from a URL that ${what}: ${expected}`, async (t) => {
      const ingress = await ingressFor(t);
      ingress.next(fault);
      const answer = await settingsFromUrl({ url: new URL(ingress.url), agentVersion: '1', timeoutMs: 150, clock })(
        never,
      );
      assert.equal(named(outcomeOf(answer, 0)), expected);
    });
  }
});
