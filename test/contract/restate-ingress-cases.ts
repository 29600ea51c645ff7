// What the agent relies on at the ingress, as cases that run against the real Restate server and against the scripted
// ingress alike. Each case uses an object of its own, so their order does not matter.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, clientFor, named, type ClientRig } from '../support/plane-rig.ts';

/** An ingress with object `Probe` behind it. Bodies over 1 MiB are too large for it. */
export interface IngressUnderTest {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

type Target = readonly [string, string, string];

/** Declares the cases for the ingress that `start` gives. */
export function ingressCases(what: string, start: () => Promise<IngressUnderTest>, skip: false | string = false): void {
  describe(what, { skip }, () => {
    let ingress: IngressUnderTest;
    let rig: ClientRig;
    let versioned: ClientRig;
    before(async () => {
      ingress = await start();
      rig = clientFor(ingress.url, { timeoutMs: 10_000 });
      versioned = clientFor(ingress.url, { timeoutMs: 10_000, pathPrefix: '/restate/call' });
    });
    after(async () => {
      await Promise.all([rig, versioned].map(({ client }) => client.close()));
      await ingress.stop();
    });
    const probe = (handler: string, key: string = randomUUID()): Target => ['Probe', key, handler];
    const count = async (key: string): Promise<string> => (await ask(rig.client, probe('read', key), { body: 0 })).body;

    test('a call that is done is accepted as executed, with the answer of the handler', async () => {
      const { outcome, body } = await ask(rig.client, probe('echo'), { body: { a: [1] } });
      assert.deepEqual([named(outcome), JSON.parse(body)], ['accepted executed', { a: [1] }]);
    });

    test('a handler that returns nothing has done its work all the same', async () => {
      const { outcome, body } = await ask(rig.client, probe('nothing'), { body: 0 });
      assert.deepEqual([named(outcome), body], ['accepted executed', '']);
    });

    test('a GET needs no body', async () => {
      const { outcome, body } = await ask(rig.client, probe('read'));
      assert.deepEqual([named(outcome), body], ['accepted executed', '0']);
    });

    test('a send is accepted as queued, and done later', async () => {
      const key = randomUUID();
      const { outcome } = await ask(rig.client, probe('count', key), { body: 0, mode: 'send' });
      assert.equal(named(outcome), 'accepted queued');
      while ((await count(key)) !== '1') await sleep(5);
    });

    test('the paths of the next versions do the same', async () => {
      const key = randomUUID();
      const call = await ask(versioned.client, probe('count', key), { body: 0 });
      const send = await ask(versioned.client, probe('count', key), { body: 0, mode: 'send' });
      assert.deepEqual(
        [call, send].map(({ outcome }) => named(outcome)),
        ['accepted executed', 'accepted queued'],
      );
      while ((await ask(versioned.client, probe('read', key))).body !== '2') await sleep(5);
    });

    test('a key of an object with a slash and a space in it is one key', async () => {
      const key = `team/a b%${randomUUID()}`;
      await ask(rig.client, probe('count', key), { body: 0 });
      assert.equal(await count(key), '1');
      assert.equal(await count('team'), '0');
    });

    describe('under one idempotency key', () => {
      test('a call is executed once and answered the same each time', async () => {
        const key = randomUUID();
        const answers = [];
        for (let index = 0; index < 3; index++)
          answers.push(await ask(rig.client, probe('count', key), { body: 0, key: 'k' }));
        assert.deepEqual(
          answers.map(({ body }) => body),
          ['1', '1', '1'],
        );
        assert.equal(await count(key), '1');
      });

      test('a send and a call are one', async () => {
        const key = randomUUID();
        await ask(rig.client, probe('count', key), { body: 0, key: 'k', mode: 'send' });
        const again = await ask(rig.client, probe('count', key), { body: 0, key: 'k', mode: 'send' });
        const called = await ask(rig.client, probe('count', key), { body: 0, key: 'k' });
        assert.deepEqual([named(again.outcome), called.body, await count(key)], ['accepted queued', '1', '1']);
        assert.match(again.body, /PreviouslyAccepted/);
      });

      test('another body gets the old answer, in silence: so the key must come from the body', async () => {
        const target = probe('echo');
        await ask(rig.client, target, { body: 'first', key: 'k' });
        assert.equal((await ask(rig.client, target, { body: 'second', key: 'k' })).body, '"first"');
      });

      test('another object and another handler are other calls', async () => {
        const key = randomUUID();
        await ask(rig.client, probe('count', key), { body: 0, key: 'k' });
        assert.equal((await ask(rig.client, probe('count'), { body: 0, key: 'k' })).body, '1');
        assert.equal((await ask(rig.client, probe('slow', key), { body: 0, key: 'k' })).body, '2');
      });

      test('an error is remembered too, and the next key is a new chance', async () => {
        const target = probe('failOnce');
        const same = [
          await ask(rig.client, target, { body: 0, key: 'k' }),
          await ask(rig.client, target, { body: 0, key: 'k' }),
        ];
        assert.deepEqual(
          same.map(({ outcome }) => named(outcome)),
          ['split invalid', 'split invalid'],
        );
        assert.equal(named((await ask(rig.client, target, { body: 0, key: 'k2' })).outcome), 'accepted executed');
      });

      test('a caller that gave up too early does not make it happen twice', async () => {
        const key = randomUUID();
        const hasty = clientFor(ingress.url, { timeoutMs: 50 });
        const first = await ask(hasty.client, probe('slow', key), { body: 300, key: 'k' });
        await hasty.client.close();
        const second = await ask(rig.client, probe('slow', key), { body: 300, key: 'k' });
        assert.deepEqual([named(first.outcome), named(second.outcome)], ['retry timeout same', 'accepted executed']);
        assert.deepEqual([second.body, await count(key)], ['1', '1']);
      });

      test('no key and an empty one are both no key to the client', async () => {
        const key = randomUUID();
        for (const idempotencyKey of ['', ''])
          await ask(rig.client, probe('count', key), { body: 0, key: idempotencyKey });
        assert.equal(await count(key), '2');
      });
    });

    describe('an error', () => {
      const terminal: readonly (readonly [number, string])[] = [
        [400, 'split invalid'],
        [409, 'split invalid'],
        [422, 'split invalid'],
        [413, 'split too-large'],
        [401, 'retry invocation-failed next-generation'],
        [403, 'retry invocation-failed next-generation'],
        [404, 'retry invocation-failed next-generation'],
        [429, 'retry invocation-failed next-generation'],
        [500, 'retry invocation-failed next-generation'],
        [503, 'retry invocation-failed next-generation'],
      ];
      for (const [status, expected] of terminal) {
        test(`of the handler with ${status} is told from one of the ingress: ${expected}`, async () => {
          const { outcome } = await ask(rig.client, probe('fail'), { body: status });
          assert.equal(named(outcome), expected);
          assert.ok('detail' in outcome && outcome.detail.includes(`${status}`));
        });
      }

      test('of a crashing handler comes after its retries, and shows no stack', async () => {
        const { outcome } = await ask(rig.client, probe('crash'), { body: 0 });
        assert.equal(named(outcome), 'retry invocation-failed next-generation');
        assert.ok('detail' in outcome && !outcome.detail.includes('secret'));
      });

      test("in the JSON of the body is the handler's", async () => {
        assert.equal(named((await ask(rig.client, probe('echo'), { raw: '{"a":' })).outcome), 'split invalid');
      });

      test('in the name of service or handler means that the plane is not registered', async () => {
        const unknown = [['Nobody', 'k', 'echo'], probe('nothingOfThatName')];
        for (const target of unknown) {
          assert.equal(named((await ask(rig.client, target, { body: 0 })).outcome), 'refused not-registered');
        }
      });

      test('for a private handler is ours', async () => {
        assert.equal(named((await ask(rig.client, probe('hidden'), { body: 0 })).outcome), 'refused bad-request');
      });

      test('for a body that is too large asks for halves', async () => {
        const { outcome } = await ask(rig.client, probe('echo'), { body: 'x'.repeat(1_200_000) });
        assert.equal(named(outcome), 'split too-large');
      });
    });
  });
}
