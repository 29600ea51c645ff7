/**
 * The bundle is half of the agent's memory and most of its start: what makes it grow is named before it is shipped.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Metafile } from 'esbuild';
import { packagesIn } from '../../../tools/build.ts';
import { bundledSizes, grown, recordedSizes, type Bundled } from '../../../tools/bundle-sizes.ts';

describe('what grew', () => {
  test('a package that is new is named, with its size', () => {
    assert.deepEqual(grown({ undici: 300 }, { undici: 300, 'left-pad': 40 }), ['left-pad: 40 KiB, new']);
  });

  test('what grew most is named first, with what it was', () => {
    const lines = grown({ undici: 300, yaml: 100 }, { undici: 360, yaml: 300 });
    assert.deepEqual(lines, ['yaml: 300 KiB, was 100 KiB', 'undici: 360 KiB, was 300 KiB']);
  });

  test('a tenth more is no news, and neither is a small package', () => {
    assert.deepEqual(grown({ undici: 300 }, { undici: 329, ms: 2 }), []);
  });

  test('what went or shrank is no complaint', () => {
    assert.deepEqual(grown({ undici: 300, yaml: 100 }, { undici: 100 }), []);
  });
});

describe('the bundle', () => {
  let bundled: Bundled;
  let text = '';
  before(async () => {
    bundled = await bundledSizes();
    text = bundled.texts['watcher.js'];
  });

  for (const file of ['watcher.js', 'otlp.js'] as const) {
    test(`has not grown since its sizes were recorded: ${file}`, () => {
      const lines = grown(recordedSizes()[file], bundled.sizes[file]);
      assert.deepEqual(lines, [], 'if that is meant: node tools/bundle-sizes.ts --record');
    });

    test(`is made of the packages that were recorded, and of no other: ${file}`, () => {
      assert.deepEqual(Object.keys(bundled.sizes[file]).toSorted(), Object.keys(recordedSizes()[file]).toSorted());
    });
  }

  test('is below 1.8 MB as a whole', () => {
    assert.ok(text.length < 1_800_000, `it has ${text.length} bytes`);
  });

  test('has nothing of OpenTelemetry in what every agent loads', () => {
    const names = Object.keys(bundled.sizes['watcher.js']).filter((name) => name.startsWith('@opentelemetry/'));
    assert.deepEqual(names, []);
  });

  test('is ASCII: one other character would double what its text takes in memory', () => {
    const found = /[^\0-\x7f]/.exec(text);
    assert.equal(found?.index, undefined, text.slice((found?.index ?? 0) - 40, (found?.index ?? 0) + 20));
  });

  test('is CommonJS, which loads of Node what is used', () => {
    assert.doesNotMatch(text, /^import[ {*]/m);
  });

  for (const name of ['http2', 'inspector/promises']) {
    test(`does not load node:${name} before it is used`, () => {
      assert.ok(!text.includes(`require("node:${name}")`), 'see tools/late-builtins.ts');
    });
  }
});

test('a package in a second version is refused, since bill of materials and licences would name the first', () => {
  const metafileOf = (path: string): Metafile => {
    const output = { inputs: { [path]: { bytesInOutput: 1 } }, bytes: 1, imports: [], exports: [] };
    return { inputs: {}, outputs: { 'watcher.js': output } };
  };
  assert.deepEqual(packagesIn(metafileOf('../node_modules/@fastify/error/index.js')), ['@fastify/error']);
  const below = 'node_modules/@fastify/ajv-compiler/node_modules/ajv/dist/ajv.js';
  assert.throws(() => packagesIn(metafileOf(below)), /node_modules\/ajv\/.* second version/);
});
