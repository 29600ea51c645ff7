/** What counts as a command on a page. A command that this misses would never be run. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { shownLines } from '../../support/shown-lines.ts';

const FENCE = '`'.repeat(3);

describe('the commands of a page', () => {
  const cases: [what: string, page: string, commands: string[]][] = [
    ['an indented block', 'Text:\n\n    make demo\n    watcher scan -A', ['make demo', 'watcher scan -A']],
    ['a fenced block', `${FENCE}sh\n$ watcher check\nwhat it prints\n${FENCE}`, ['watcher check']],
    ['a block of something else', `${FENCE}json\nwatcher check\n${FENCE}`, []],
    ['a remark', "    make image   # this machine's architecture\n    npm test # all", ['make image', 'npm test']],
    ['a pipe', '    watcher replay FILE | jq .event > out', ['watcher replay FILE | jq .event > out']],
    ['a variable', '    KEEP=1 make demo', ['KEEP=1 make demo']],
    ['a backslash', '    helm install a b \\\n      --set c=d', ['helm install a b \\\n--set c=d']],
    ['a quote over lines', "    curl -d '{\n      }' x", ["curl -d '{\n}' x"]],
    ['a span', 'Run `bin/watcher check ...`, or\n`watcher\nrbac`.', ['bin/watcher check', 'watcher rbac']],
    ['names', 'With `watcher`, `kubectl exec` and `go tool pprof`.', []],
    ['a table of figures', '    watcher           2000  28.3', []],
    ['the same twice', '    make demo\n\nor `make demo`', ['make demo']],
  ];
  for (const [what, page, commands] of cases) {
    test(`are found in ${what}`, () => assert.deepEqual(shownLines(page), commands));
  }
});
