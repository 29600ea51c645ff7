/**
 * No container engine runs where this is developed, so the Dockerfile is never built there. What it says is held against the
 * program that makes the image without one: the same content by the same command, run in the same way.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { labels, runConfig } from '../../../tools/image/config.ts';

const ROOT = path.join(import.meta.dirname, '..', '..', '..');
const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8');
const { version, description } = JSON.parse(read('package.json')) as { version: string; description: string };

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

function stages(text: string): readonly (readonly Instruction[])[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const all = lines.map((line): Instruction => {
    const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    assert.notEqual(name, '', `not an instruction: ${line}`);
    return { name, rest };
  });
  const starts = all.flatMap(({ name }, at) => (name === 'FROM' ? [at] : []));
  return starts.map((start, at) => all.slice(start, starts[at + 1]));
}

describe('the Dockerfile', () => {
  const found = stages(read('Dockerfile'));
  const build = found[0] ?? [];
  const last = found.at(-1) ?? [];
  const of = (name: string): string[] => last.filter((each) => each.name === name).map(({ rest }) => rest);

  test('ends in a stage that holds nothing but what the image program laid out', () => {
    assert.deepEqual(of('FROM'), ['scratch']);
    assert.deepEqual(of('COPY'), ['--from=build /image/ /']);
    assert.ok(build.some(({ name, rest }) => name === 'RUN' && rest === 'node tools/image.ts --root /image'));
  });

  test('runs what it holds as `make image` does: user, entrypoint, folder, port, environment', () => {
    assert.deepEqual(of('USER'), [runConfig.User]);
    assert.deepEqual(
      of('ENTRYPOINT').map((text) => JSON.parse(text) as unknown),
      [runConfig.Entrypoint],
    );
    assert.deepEqual(of('WORKDIR'), [runConfig.WorkingDir]);
    assert.deepEqual(of('EXPOSE'), Object.keys(runConfig.ExposedPorts));
    assert.deepEqual(of('ENV'), runConfig.Env);
  });

  test('carries the same labels', () => {
    const facts = { version, description, revision: 'unknown', createdAtSeconds: 0 };
    const given = Object.fromEntries(
      of('ARG').map((text) => [`$${text.split('=')[0] ?? ''}`, text.slice(text.indexOf('=') + 1)]),
    );
    const found = of('LABEL').map((text) => {
      const value = text.slice(text.indexOf('=') + 1);
      return [text.slice(0, text.indexOf('=')), given[value] ?? value.replaceAll(/^"|"$/g, '')];
    });
    assert.deepEqual(Object.fromEntries(found), labels(facts));
  });

  test('runs no install script of a package, and installs from the lock file', () => {
    const installs = build.filter(({ name, rest }) => name === 'RUN' && rest.includes('npm '));
    assert.deepEqual(
      installs.map(({ rest }) => rest),
      ['npm ci --ignore-scripts'],
    );
  });

  test('uses files that are there, and none that .dockerignore keeps out', () => {
    const ignored = new Set(
      read('.dockerignore')
        .split('\n')
        .filter((line) => line !== ''),
    );
    const copied = build.filter(({ name }) => name === 'COPY').flatMap(({ rest }) => rest.split(' ').slice(0, -1));
    // The rest is what the image program and the bundle are made of.
    const needed = [...copied.filter((name) => name !== '.'), 'tools', 'cmd', 'internal', 'test', 'LICENSE'];
    for (const name of needed) {
      assert.ok(existsSync(path.join(ROOT, name)), name);
      assert.ok(!ignored.has(name), `${name} is kept out`);
    }
  });

  test('keeps out what is built, and what is not the project: the history, packages, caches', () => {
    const ignored = read('.dockerignore').split('\n');
    for (const name of ['.git', 'node_modules', 'dist', 'bin']) assert.ok(ignored.includes(name), name);
  });
});
