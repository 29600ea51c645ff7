/** Of which Jobs the limit alone says how many attempts are left. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readJobJson } from '../../../internal/kubernetes/owner-requests.ts';
import type { JobFacts } from '../../../internal/pipeline/owner-lookup.ts';
import { CodedError } from '../../../internal/platform/errors.ts';

function read(spec: object, restartPolicy: string = 'Never'): JobFacts | undefined {
  const metadata = { uid: '00000000-0000-4000-8000-000000000001', name: 'import', namespace: 'shop' };
  const job = readJobJson({ metadata, spec: { ...spec, template: { spec: { restartPolicy } } } });
  assert.ok(!(job instanceof CodedError));
  return job.job;
}

describe('the limit of a Job', () => {
  test('is six where it says none', () => {
    assert.equal(read({})?.backoffLimit, 6);
    assert.equal(read({ backoffLimit: 0 })?.backoffLimit, 0);
  });

  const cases: [name: string, spec: object, restartPolicy: string, hasOwnRules: boolean][] = [
    ['says it all', {}, 'Never', false],
    ['says it all of pods that are replaced, however many at once', { parallelism: 5 }, 'Never', false],
    ['says it all of one pod that restarts', { parallelism: 1 }, 'OnFailure', false],
    ['is used up together by pods that restart', { parallelism: 2 }, 'OnFailure', true],
    ['is one for each index', { backoffLimitPerIndex: 1 }, 'Never', true],
    ['is not all where a policy judges failures', { podFailurePolicy: { rules: [] } }, 'Never', true],
    ['says it all where a policy is null', { podFailurePolicy: null }, 'Never', false],
  ];
  for (const [name, spec, restartPolicy, hasOwnRules] of cases) {
    test(name, () => assert.equal(read(spec, restartPolicy)?.hasOwnRules, hasOwnRules));
  }
});
