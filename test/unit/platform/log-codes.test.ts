// Every place that logs a warning or an error gives it a code of the table, or an error that has one. The types ask for
// it (log.ts); this finds casts around them, and codes that nobody uses.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import ts from 'typescript';
import { errorTable } from '../../../internal/platform/error-table.ts';

interface Place {
  readonly at: string;
  readonly text: string;
  readonly fields: ts.Expression | undefined;
}

const files = globSync(['cmd/**/*.ts', 'internal/**/*.ts']).toSorted();

/** Calls of warn, error, fatal, or of a level that is computed, on anything called a logger. */
function troublesIn(file: string): Place[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const places: Place[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTrouble(node.expression, source)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      places.push({ at: `${file}:${line + 1}`, text: node.getText(source), fields: node.arguments[0] });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return places;
}

function isTrouble(callee: ts.Expression, source: ts.SourceFile): boolean {
  if (!ts.isPropertyAccessExpression(callee) && !ts.isElementAccessExpression(callee)) return false;
  if (!/logger$/i.test(callee.expression.getText(source))) return false;
  return ts.isElementAccessExpression(callee) || ['warn', 'error', 'fatal'].includes(callee.name.text);
}

function hasCode(fields: ts.Expression | undefined): boolean {
  // A name stands for an object whose type was checked.
  if (fields !== undefined && ts.isIdentifier(fields)) return true;
  if (fields === undefined || !ts.isObjectLiteralExpression(fields)) return false;
  return fields.properties.some(
    (property) =>
      (ts.isSpreadAssignment(property) && /^troubleOf\(/.test(property.expression.getText())) ||
      (property.name !== undefined && ['code', 'err'].includes(property.name.getText())),
  );
}

describe('what is logged at warn or above', () => {
  const places = files.flatMap(troublesIn);

  test('is found', () => assert.ok(places.length > 40, `${places.length} places`));

  test('has a code or an error, at each place', () => {
    assert.deepEqual(
      places.filter(({ fields }) => !hasCode(fields)).map(({ at, text }) => `${at} ${text}`),
      [],
    );
  });

  test('has codes of the table, and the table none that nobody uses', () => {
    const used = new Set<string>();
    for (const { text, at } of places) {
      for (const [, code = ''] of text.matchAll(/code: '(\w+)'/g))
        assert.ok(Object.hasOwn(errorTable, code), `${at} ${code}`);
    }
    for (const file of files.filter((name) => !name.includes('/error-table'))) {
      for (const [, code = ''] of readFileSync(file, 'utf8').matchAll(/'([A-Z]+(?:_[A-Z]+)*)'/g)) used.add(code);
    }
    assert.deepEqual(
      Object.keys(errorTable).filter((code) => !used.has(code)),
      [],
    );
  });
});
