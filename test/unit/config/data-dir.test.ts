// The outbox has one home for each cluster, and everyone knows whether it was chosen or found.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { IMAGE_DATA_DIR, resolveDataDir, type DataDir } from '../../../internal/config/data-dir.ts';
import { processEnvironment } from '../../../internal/config/environment.ts';

function resolve(clusterId: string, dataDir?: string, environment = {}, inImage = false): DataDir {
  return resolveDataDir({ clusterId, dataDir }, environment, (path) => inImage && path === IMAGE_DATA_DIR);
}

describe('the data directory', () => {
  test('is the one given, before all others', () => {
    assert.deepEqual(resolve('a', '/d', { HOME: '/home/u' }, true), { kind: 'given', path: '/d' });
  });

  test("is the image's where there is one", () => {
    assert.deepEqual(resolve('a', undefined, { HOME: '/home/u' }, true), { kind: 'image', path: '/var/lib/watcher' });
  });

  test("is else in the user's state directory, by cluster", () => {
    const path = '/home/u/.local/state/watcher/a';
    assert.deepEqual(resolve('a', undefined, { HOME: '/home/u' }), { kind: 'user', path });
    assert.deepEqual(resolve('a', undefined, { HOME: '/home/u', XDG_STATE_HOME: '/s' }), {
      kind: 'user',
      path: '/s/watcher/a',
    });
  });

  for (const environment of [{}, { HOME: '' }, { HOME: '/' }, { HOME: 'relative' }, { XDG_STATE_HOME: '.' }]) {
    test(`is none with ${JSON.stringify(environment)}`, () =>
      assert.equal(resolve('a', undefined, environment).kind, 'none'));
  }

  test('is one segment for any cluster id, another one for each', () => {
    const ids = ['a b', 'a%20b', '.hidden', '...', 'Büro', 'é'.repeat(126), `${'é'.repeat(125)}è`];
    const names = ids.map((id) => {
      const found = resolve(id, undefined, { HOME: '/h' });
      const prefix = '/h/.local/state/watcher/';
      assert.ok(found.kind === 'user' && found.path.startsWith(prefix));
      return found.path.slice(prefix.length);
    });
    assert.equal(new Set(names).size, ids.length);
    for (const name of names) assert.match(name, /^[^/.][^/]{0,199}$/);
  });
});

test("the environment is a frozen copy of the process's", () => {
  const environment = processEnvironment();
  assert.ok(Object.isFrozen(environment));
  assert.equal(environment.PATH, process.env.PATH);
});
