/** The workflows run what there is, with other people's actions by the very commit, with few rights, and nobody's text as code. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parse } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

for (const file of globSync('.github/workflows/*.yml').toSorted()) {
  describe(file, () => {
    const text = readFileSync(file, 'utf8');
    const { permissions, env, jobs } = parse(text) as Workflow;
    const steps = Object.values(jobs).flatMap((job) => job.steps);

    test('takes each action by its commit, with the version beside it', () => {
      const lines = text.split('\n').filter((line) => /\buses:/.test(line));
      assert.equal(lines.length, steps.filter(({ uses }) => uses !== undefined).length);
      for (const line of lines) assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    test('may write nothing but where a job says so, and hands its token to no step by the checkout', () => {
      assert.ok(Object.values(permissions).every((right) => right === 'read'));
      const writes = Object.entries(jobs).filter(([, job]) => Object.values(job.permissions ?? {}).includes('write'));
      assert.ok(writes.every(([name]) => file.endsWith('release.yml') && name === 'build'));
      for (const { uses, with: given } of steps) {
        if (uses?.startsWith('actions/checkout@') === true) assert.equal(given?.['persist-credentials'], false);
      }
    });

    test('puts nothing that others wrote into a shell', () => {
      for (const { run = '' } of steps) assert.doesNotMatch(run, /\$\{\{/);
    });

    test('has a mirror and the keys of Debian where an image is made, which Ubuntu does not bring', () => {
      assert.match(env?.['DEBIAN_MIRROR'] ?? '', /^\$\{\{ vars\./);
      for (const job of Object.values(jobs)) {
        const runs = job.steps.map(({ run = '' }) => run);
        const makesImage = runs.findIndex((run) => /\bmake (?:image|test)\b/.test(run));
        const installs = runs.findIndex((run) => /apt-get install .*\bdebian-archive-keyring\b/.test(run));
        if (makesImage >= 0) assert.ok(installs >= 0 && installs < makesImage, runs.join('\n'));
      }
    });

    test('ends by itself, and names no registry', () => {
      for (const job of Object.values(jobs)) assert.ok((job['timeout-minutes'] ?? 0) > 0);
      assert.doesNotMatch(text, /\b(ghcr|docker|quay|gcr|npmjs|debian)\.(io|com|org)\b/);
    });

    for (const { run = '' } of steps) {
      for (const [, target = ''] of run.matchAll(/^ *make ([a-z-]+)/gm)) {
        test(`makes what there is to make: ${target}`, () => {
          execFileSync('make', ['--dry-run', target], { stdio: ['ignore', 'ignore', 'pipe'] });
        });
      }
      test(`is a script that a shell can read: ${run.split('\n', 1)[0] ?? ''}`, () => {
        execFileSync('bash', ['-n'], { input: run, stdio: ['pipe', 'ignore', 'pipe'] });
      });
    }
  });
}
