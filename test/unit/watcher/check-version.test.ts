/** What `watcher check` says of the API server's version. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { versionRow } from '../../../cmd/watcher/check-apiserver.ts';

describe('the version of Kubernetes', () => {
  test('works where it is supported, is newer than what was tested, or is not told', () => {
    assert.match(versionRow('v1.34.2').detail, /^v1\.34\.2 is supported \(1\.33 to 1\.36\)$/);
    assert.match(versionRow('v1.99.0').detail, /^v1\.99\.0 is newer than what was tested \(1\.33 to 1\.36\)/);
    assert.match(versionRow(undefined).detail, /^not compared: .*1\.33 to 1\.36$/);
    for (const version of ['v1.34.2', 'v1.99.0', undefined]) assert.equal(versionRow(version).status, 'works');
  });

  test('degrades where it is too old, with a code and what to do', () => {
    const { status, code, detail, remedy } = versionRow('v1.28.4');
    assert.deepEqual([status, code], ['degraded', 'KUBERNETES_TOO_OLD']);
    assert.match(detail, /^v1\.28\.4 is older/);
    assert.match(remedy ?? '', /upgrade the cluster/);
  });
});
