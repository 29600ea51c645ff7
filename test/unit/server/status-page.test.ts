import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { html } from '../../../internal/server/html.ts';
import { statusPage } from '../../../internal/server/status-page.ts';
import { statusExample } from '../../support/status-example.ts';

describe('the status page', () => {
  test('says whether the agent is ready, what it watches, what failed lately, and where each setting comes from', () => {
    const page = statusPage(statusExample);
    for (const said of ['prod-eu-1', 'ready', 'tells of failures', '0.4 s ago', 'API_FORBIDDEN', 'shop/web-0']) {
      assert.ok(page.includes(said), said);
    }
    assert.match(page, /OOMKilled.*delivered.*0123456789ab/s);
    assert.match(page, /--batch-size.*250.*remote settings of the plane/s);
  });

  test('shows details as people read them: times, rounded figures, no brackets, nothing where there is nothing', () => {
    const detail = {
      ageMs: 16699.262337,
      problems: [],
      namespaces: { count: 5, names: ['a', 'b'] },
      atMs: 0,
      left: null,
    };
    const health = { status: 'ok' as const, checks: { watch: { ok: true, detail } } };
    const said = statusPage({ ...statusExample, health })
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ');
    assert.match(said, /age 17 s namespaces count 5, names a, b at 1970-01-01T00:00:00Z left null/);
  });

  test('says in words what is wrong, not by colour alone', () => {
    const health = { ...statusExample.health, status: 'unavailable' as const };
    const page = statusPage({ ...statusExample, health, is_telling: false });
    assert.match(page, /<title>[^<]*not ready/);
    assert.ok(page.includes('not ok') && page.includes('another replica tells'));
  });

  test('has no script and loads nothing from elsewhere', () => {
    assert.doesNotMatch(statusPage(statusExample), /<script|<link|<img|<iframe|\bon\w+=|url\(|https?:/i);
  });

  test('with nothing to show says so', () => {
    const page = statusPage({ ...statusExample, watches: [], failures: [] });
    assert.ok(page.includes('nothing is watched yet') && page.includes('none since this agent started'));
  });

  test('says how many watches it leaves out', () => {
    assert.ok(!statusPage(statusExample).includes('all fresher'));
    assert.ok(statusPage({ ...statusExample, watches_left_out: 1903 }).includes('and 1903 more, all fresher'));
  });
});

describe('text put into HTML', () => {
  test('stays text, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const made = html`<p title="${text}">${text}</p>`.text;
        const inner = made.slice('<p title="'.length, -'</p>'.length);
        assert.equal(inner.match(/[<>"']/g)?.length, 2, 'the end of the attribute and of the tag, nothing else');
        assert.doesNotMatch(made, /[\p{Cc}\p{Bidi_Control}]/u);
      }),
    );
  });

  test('is escaped once', () => {
    assert.equal(html`<b>${html`<i>${'a<b&"c"'}</i>`}</b>`.text, '<b><i>a&lt;b&amp;&quot;c&quot;</i></b>');
  });
});
