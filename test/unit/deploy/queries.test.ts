/** What is asked of the metrics (dashboard, pages on objectives) is there to be asked. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertAsks, assertBounds, dashboardPanels, queriesOf } from '../../support/promql.ts';

const PAGE = 'docs/operations/metrics.md';

describe('the dashboard', () => {
  const panels = dashboardPanels();

  test('asks for metrics that the agent has, by labels and bounds that they have', () => {
    for (const { title, targets } of panels) {
      for (const { expr } of targets) {
        assertAsks(title, expr);
        assertBounds(title, expr);
      }
    }
  });

  test('asks for the chosen job in each query', () => {
    for (const { title, targets } of panels) {
      for (const { expr } of targets) {
        const selectors = [...expr.matchAll(/\b(?:watcher|process|nodejs)_\w+(\{[^}]*\})?/g)];
        for (const [whole, braces = ''] of selectors) assert.match(braces, /job=~"\$job"/, `${title}: ${whole}`);
      }
    }
  });

  test('has panels that are told apart and lie beside each other', () => {
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    assert.equal(new Set(panels.map(({ title }) => title)).size, panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
    );
    assert.equal(new Set(cells).size, cells.length);
  });
});

test('each objective has a query, for metrics and bounds that there are', () => {
  const queries = queriesOf(PAGE);
  assert.ok(queries.length >= 5);
  for (const query of queries) {
    assertAsks(PAGE, query);
    assertBounds(PAGE, query);
  }
});
