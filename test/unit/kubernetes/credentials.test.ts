import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { credentialSource, type Credentials } from '../../../internal/kubernetes/credentials.ts';
import { silentLogger } from '../../../internal/platform/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const credentials = (token: string): Credentials => ({
  headers: { authorization: `Bearer ${token}` },
  tls: { ca: Buffer.from('ca'), cert: undefined, key: undefined, serverName: undefined, rejectUnauthorized: true },
});

function source() {
  const clock = new ManualClock();
  const reads: boolean[] = [];
  const next = { token: 'first', fails: false, hangs: false };
  const subject = credentialSource(
    (forced) => {
      reads.push(forced);
      if (next.hangs) return new Promise(() => undefined);
      return next.fails ? Promise.reject(new Error('no such file')) : Promise.resolve(credentials(next.token));
    },
    { clock, logger: silentLogger() },
  );
  return { clock, reads, next, subject };
}

describe('credentials', () => {
  test('are read once, and again when they are ten seconds old', async () => {
    const { clock, reads, next, subject } = source();
    assert.deepEqual(await subject.current(), credentials('first'));
    next.token = 'second';
    await clock.advance(9_999);
    assert.deepEqual(await subject.current(), credentials('first'));
    await clock.advance(1);
    assert.deepEqual(await subject.current(), credentials('second'));
    assert.deepEqual(reads, [false, false]);
  });

  test('stay the same object while nothing has changed, so that connections are kept', async () => {
    const { clock, subject } = source();
    const before = await subject.current();
    await clock.advance(20_000);
    assert.equal(await subject.current(), before);
  });

  test('that cannot be read at first are CREDENTIALS_FAILED; later the known ones are gone on with', async () => {
    const { clock, next, subject } = source();
    next.fails = true;
    await assert.rejects(subject.current(), { code: 'CREDENTIALS_FAILED', detail: 'no such file' });
    next.fails = false;
    await subject.current();
    next.fails = true;
    await clock.advance(60_000);
    assert.deepEqual(await subject.current(), credentials('first'));
  });

  test('that take too long to obtain are CREDENTIALS_FAILED', async () => {
    const { clock, next, subject } = source();
    next.hangs = true;
    const refused = assert.rejects(subject.current(), { code: 'CREDENTIALS_FAILED' });
    await clock.advance(30_000);
    await refused;
  });

  test('refused by the server are read again at once, by force, once for all who ask', async () => {
    const { reads, next, subject } = source();
    const refused = await subject.current();
    next.token = 'second';
    const found = await Promise.all([subject.refresh(refused), subject.refresh(refused)]);
    assert.deepEqual(found, [credentials('second'), credentials('second')]);
    assert.deepEqual(reads, [false, true]);
    assert.deepEqual(await subject.refresh(refused), credentials('second'), 'who comes late gets what is known');
    assert.deepEqual(reads, [false, true]);
  });

  test('refused and still the same on the disk are nothing to try again with, and are not read without end', async () => {
    const { clock, reads, subject } = source();
    const refused = await subject.current();
    for (let round = 0; round < 100; round++) assert.equal(await subject.refresh(refused), undefined);
    assert.deepEqual(reads, [false, true]);
    await clock.advance(5_000);
    assert.equal(await subject.refresh(refused), undefined);
    assert.deepEqual(reads, [false, true, true]);
  });
});
