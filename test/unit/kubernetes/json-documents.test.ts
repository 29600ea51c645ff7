// Whatever the layout and however the bytes are cut, the documents are the same; what is no JSON is named by its line.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { jsonDocuments } from '../../../internal/kubernetes/json-documents.ts';

function read(bytes: Buffer, cuts: readonly number[] = [], limitBytes = 10_000): { document: unknown; line: number }[] {
  const found: { document: unknown; line: number }[] = [];
  const documents = jsonDocuments(limitBytes, (document, line) => found.push({ document, line }));
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    if (cut <= from || cut >= bytes.length) continue;
    documents.push(bytes.subarray(from, cut));
    from = cut;
  }
  documents.push(bytes.subarray(from));
  documents.end();
  return found;
}

describe('JSON documents', () => {
  test('are the same in any layout and any chunks', () => {
    const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
    fc.assert(
      fc.property(
        fc.array(object),
        fc.array(fc.nat(400)),
        fc.constantFrom('\n', '', ' \r\n '),
        (all, cuts, between) => {
          const plain = all.map((one) => JSON.parse(JSON.stringify(one)) as unknown);
          for (const indent of [0, 2]) {
            const text = plain.map((one) => JSON.stringify(one, null, indent)).join(between);
            assert.deepEqual(
              read(Buffer.from(text), cuts, 100_000).map(({ document }) => document),
              plain,
            );
          }
        },
      ),
    );
  });

  test('are named by the line they begin in', () => {
    assert.deepEqual(
      read(Buffer.from('{}\n\n{\n"a": "}\\"{"\n}{}')).map(({ line }) => line),
      [1, 3, 5],
    );
  });

  const refused: [name: string, text: string, message: RegExp][] = [
    ['text', '{}\nhello', /line 2 holds something that is no JSON object/],
    ['an end within a document', '{}\n{"a": {', /line 2 ends within a document/],
    ['broken JSON', '{"a": nul}', /line 1 holds something that is no JSON/],
    [
      'a document beyond the limit',
      `{"a": "${'x'.repeat(10_000)}"}`,
      /line 1 holds a document of more than 10000 bytes/,
    ],
  ];
  for (const [name, text, message] of refused) {
    test(`refuse ${name} by its line, and quote nothing of it`, () => {
      assert.throws(() => read(Buffer.from(text)), { code: 'RECORDING_INVALID', message });
    });
  }

  test('of nothing are none', () => assert.deepEqual(read(Buffer.from('\ufeff \n')), []));
});
