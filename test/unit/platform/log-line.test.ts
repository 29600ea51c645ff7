// One event is one line, whatever is in it: through the real logger, as an agent writes it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CodedError } from '../../../internal/platform/errors.ts';
import { LINE_BYTES } from '../../../internal/platform/log-line.ts';
import { createLogger, gatheredOutput, type Logger } from '../../../internal/platform/log.ts';
import { runs } from '../../support/runs.ts';

/** What some reader takes for the end of a line, or a terminal for a command. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const HARMFUL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const FORGED = '{"level":"fatal","msg":"forged"}';

async function written(say: (logger: Logger) => void): Promise<string> {
  let output = '';
  const destination = gatheredOutput({ write: (text) => void (output += text), flush: (done) => done() });
  say(createLogger({ level: 'trace', bindings: { cluster: 'c' }, destination }));
  await destination.flushed();
  return output;
}

/** The one line in `output`, parsed. Fails where there are more, or where it could be taken for more. */
function oneLine(output: string): Record<string, unknown> {
  assert.ok(output.endsWith('\n') && output.indexOf('\n') === output.length - 1, `one line: ${output.slice(0, 200)}`);
  assert.doesNotMatch(output, HARMFUL);
  assert.ok(output.isWellFormed());
  assert.ok(Buffer.byteLength(output) <= LINE_BYTES, `${Buffer.byteLength(output)} bytes`);
  return JSON.parse(output) as Record<string, unknown>;
}

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({
    unit: fc.constantFrom('\r', '\n', '\u2028', '\u2029', '\u0085', '\u001b[2J', '\ud800', '\udfff', '"', '\\', '\0'),
  }),
  fc.constantFrom(
    `\n${FORGED}\n`,
    `"}\n${FORGED}`,
    '\u009b31m',
    '\u202e',
    'x'.repeat(1024 * 1024),
    '\u2028'.repeat(9_000),
  ),
);

describe('a log line', () => {
  test('is one line of valid JSON below the limit, whatever texts, objects and errors are in it', async () => {
    const value = fc.oneof(
      nasty,
      fc.object({ key: nasty, values: [nasty, fc.double(), fc.constant(null)] }),
      fc.array(nasty),
    );
    await fc.assert(
      fc.asyncProperty(
        value,
        nasty,
        fc.constantFrom('debug', 'info', 'warn', 'error'),
        async (payload, message, level) => {
          const err = new CodedError('PLANE_INVALID', message, { cause: new Error(message) });
          const line = oneLine(await written((logger) => logger[level]({ payload, err }, message)));
          assert.equal(line['level'], level);
          assert.equal(line['cluster'], 'c');
        },
      ),
      { numRuns: runs(300) },
    );
  });

  test('keeps what fits as it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 500 }), async (text) => {
        const line = oneLine(await written((logger) => logger.info({ text }, text)));
        assert.equal(line['text'], text.toWellFormed() === text ? text : line['text']);
        assert.equal(line['text'], line['msg']);
      }),
    );
  });

  test('that is too long keeps its beginning and all its fields, and says how long it was', async () => {
    const names = Array.from({ length: 1_000 }, (_, at) => `shop/web-${at} ${'f'.repeat(64)}`);
    const output = await written((logger) =>
      logger.error({ events: names, lost: 1_000, code: 'OUTBOX_IN_MEMORY', text: 'é'.repeat(1024 * 1024) }, 'lost'),
    );
    const line = oneLine(output);
    assert.deepEqual([line['msg'], line['lost'], line['code']], ['lost', 1_000, 'OUTBOX_IN_MEMORY']);
    assert.equal((line['events'] as string[])[0], names[0]);
    assert.match((line['events'] as string[]).at(-1) ?? '', /^… and 9\d\d more$/);
    assert.ok((line['cut_from_bytes'] as number) > 2 * 1024 * 1024);
  });

  test('survives what cannot be shown: values without a text, circles, getters that throw, big integers', async () => {
    const circle: Record<string, unknown> = { big: 12n };
    circle['self'] = circle;
    Object.defineProperty(circle, 'broken', { enumerable: true, get: () => assert.fail('broken') });
    for (const err of [Object.create(null), circle, null, Symbol('s'), undefined, { toString: 7 }] as unknown[]) {
      const line = oneLine(await written((logger) => logger.error({ err, circle }, 'odd')));
      assert.deepEqual([line['msg'], line['code']], ['odd', 'INTERNAL']);
    }
  });
});
