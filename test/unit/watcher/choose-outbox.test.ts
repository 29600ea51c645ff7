import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chooseOutbox } from '../../../cmd/watcher/wire-outbox.ts';

type Config = Parameters<typeof chooseOutbox>[0];
const config = (changes: Partial<Config> = {}): Config => ({
  ...{ outbox: 'auto', dryRun: false, dataDir: undefined, clusterId: 'eu-1' },
  ...changes,
});
const home = { HOME: '/home/op' };
const never = (): boolean => false;

describe('the place of the outbox', () => {
  test('that was given is required', () => {
    const place = chooseOutbox(config({ dataDir: '/data' }), home, never);
    assert.deepEqual(place, { kind: 'directory', path: '/data', isRequired: true });
  });

  test('is the directory of the image where there is one, and may be done without', () => {
    const place = chooseOutbox(config(), home, (path) => path === '/var/lib/watcher');
    assert.deepEqual(place, { kind: 'directory', path: '/var/lib/watcher', isRequired: false });
  });

  test("is else the user's state directory, one for each cluster", () => {
    const place = chooseOutbox(config(), home, never);
    assert.deepEqual(place, { kind: 'directory', path: '/home/op/.local/state/watcher/eu-1', isRequired: false });
  });

  test('that was found is required as well with --outbox=durable', () => {
    const place = chooseOutbox(config({ outbox: 'durable' }), home, never);
    assert.equal(place.kind === 'directory' && place.isRequired, true);
  });

  test('is memory with a reason where no directory can be named', () => {
    const place = chooseOutbox(config(), {}, never);
    assert.equal(place.kind === 'memory' && place.reason, 'no-directory');
  });

  test('is refused with --outbox=durable where no directory can be named', () => {
    assert.throws(() => chooseOutbox(config({ outbox: 'durable' }), {}, never), { code: 'OUTBOX_UNUSABLE' });
  });

  test('is memory where that was asked for, and in a dry run whatever else is given', () => {
    const asked = chooseOutbox(config({ outbox: 'memory', dataDir: '/data' }), home, never);
    assert.equal(asked.kind === 'memory' && asked.reason, 'asked-for');
    const dry = chooseOutbox(config({ dryRun: true, dataDir: '/data', outbox: 'durable' }), home, never);
    assert.equal(dry.kind === 'memory' && dry.reason, 'dry-run');
  });
});
