/**
 * Faults in the middle of a streamed list, which is how the agent lists where the server can: nothing is lost, as in
 * watch-faults.test.ts, and no pod is taken for deleted because a stream broke off before it came.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failure } from '../support/simulated-apiserver/status.ts';
import { WatchWorld } from '../support/watch-world.ts';

const watches = { verb: 'watch', resource: 'pods' } as const;
/** Of ten pods and the bookmark that ends the list. */
const afterFrames = 3;

for (const format of ['json', 'protobuf'] as const) {
  describe(`over ${format}, the store equals the server`, { timeout: 120_000, concurrency: 8 }, () => {
    for (const [what, fault, pages] of [
      ['is reset in the middle of a frame', { kind: 'reset-in-frame', afterFrames }, 0],
      ['ends in the middle of a frame', { kind: 'end-in-frame', afterFrames }, 0],
      ['ends as if that were all', { kind: 'end', afterFrames }, 5],
      ['goes silent', { kind: 'black-hole', afterFrames }, 5],
      ['goes silent before its first pod', { kind: 'black-hole', afterFrames: 0 }, 5],
      ['lacks only the bookmark at its end', { kind: 'end', afterFrames: 10 }, 5],
      ['brings garbage', { kind: 'inject', bytes: Buffer.from('\0\0\0\x03abc\n'), afterFrames }, 0],
      ['brings a Status of 500', { kind: 'error-event', status: failure(500, 'InternalError', 'no'), afterFrames }, 0],
      ['brings a Status of 410', { kind: 'error-event', status: failure(410, 'Expired', 'too old'), afterFrames }, 0],
      [
        'brings a Status of 429',
        { kind: 'error-event', status: failure(429, 'TooManyRequests', 'no'), afterFrames },
        0,
      ],
      ['is refused once', { kind: 'status', code: 503 }, 0],
    ] as const) {
      test(`after the streamed list ${what}, from ${pages === 0 ? 'another stream' : 'pages'}`, async () => {
        await using world = await WatchWorld.start(format, {
          limits: { streamingList: 'try', idleMs: 400, announceMs: 300 },
          prepare: ({ server }) => server.faults.add(watches, fault),
        });
        await world.losesNothing();
        const { said } = world.rig.observer;
        assert.equal(said.filter((words) => words === `listed 10 in ${pages}`).length, 1, said.join(', '));
        assert.equal(said.filter((words) => words.startsWith('listed ')).length, 1, 'one list became whole');
        assert.ok(!world.rig.told.some((words) => words.startsWith('deleted ') && words.endsWith('initial')));
      });
    }
  });
}
