import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EVENT_BYTES } from '../../../internal/platform/limits.ts';
import type { WireEvent } from '../../../internal/restate/wire-event.ts';
import { wireEventOf } from '../../../internal/restate/wire-format.ts';
import { encodeWithin, shrinkEvent } from '../../../internal/restate/wire-trim.ts';
import { aFinding, type FindingParts } from '../../support/finding-builder.ts';

const context = { agentVersion: '1', namespaceLabels: () => undefined, workloadOf: () => undefined };

function trimmed(parts: FindingParts, limit = EVENT_BYTES): WireEvent {
  const bytes = encodeWithin(wireEventOf(aFinding(parts), context), limit);
  assert.ok(bytes.length <= limit);
  return JSON.parse(new TextDecoder().decode(bytes)) as WireEvent;
}

const manyLabels = new Map(Array.from({ length: 64 }, (_, index) => [`label-${index}`, 'v'.repeat(63)]));

describe('trimming an event', () => {
  test('leaves alone what fits', () => {
    assert.equal(trimmed({}).truncated, undefined);
  });

  test('takes the message first and keeps every label', () => {
    const event = trimmed({ message: 'm'.repeat(9000), pod: { labels: manyLabels } });
    assert.equal(event.truncated, true);
    assert.ok(event.message.length > 64);
    assert.equal(Object.keys(event.labels).length, 64);
  });

  test('takes labels next, then covered ids', () => {
    const covers = Array.from({ length: 40 }, (_, index) => String(index).padStart(64, '0'));
    const event = trimmed({ pod: { labels: manyLabels }, covers }, 3000);
    assert.equal(Object.keys(event.labels).length, 0);
    assert.ok(event.covers.length > 0 && event.covers.length < 40);
  });

  test('takes the context before a word of the failure: first lines of the log, oldest events, then all of it', () => {
    const aLine = 'l'.repeat(99);
    const text = Array.from({ length: 200 }, () => aLine).join('\n') + 'the end';
    const anEvent = (at: number) => ({
      ...{ type: 'Warning', reason: 'BackOff', message: 'e'.repeat(400), container: 'app', count: 1 },
      ...{ lastAtMs: at },
    });
    const gathered = {
      log: { text, isCut: false },
      events: Array.from({ length: 10 }, (_, at) => anEvent(at + 1)),
      notes: ['limits: forbidden'],
    };
    const finding = { message: 'm'.repeat(1000), context: gathered };
    const event = trimmed(finding);
    assert.deepEqual([event.message.length, event.truncated, event.context?.log_cut], [1000, true, true]);
    assert.match(event.context?.log ?? '', /the end$/);
    assert.equal(event.context?.events?.length, 10);
    const smaller = trimmed(finding, 4000);
    assert.deepEqual(
      [smaller.message.length, smaller.context?.events?.at(-1)?.last_at],
      [1000, '1970-01-01T00:00:00.010Z'],
    );
    const smallest = trimmed(finding, 2200);
    assert.deepEqual([smallest.message.length, smallest.context], [1000, undefined]);
  });

  test('cuts between characters', () => {
    const event = trimmed({ message: 'a' + '😀'.repeat(5000) });
    assert.match(event.message, /^a😀+$/u);
  });

  test('counts what a character takes on the wire', () => {
    assert.ok(trimmed({ message: '\u0000'.repeat(1500) }).message.length > 64);
  });

  test('mends halves of characters that came from outside', () => {
    assert.equal(trimmed({ message: 'a\ud800b', pod: { labels: new Map([['\udc00', '\ud800']]) } }).message, 'a�b');
  });
});

describe('shrinking a stored event', () => {
  const stored = (parts: FindingParts): Uint8Array => encodeWithin(wireEventOf(aFinding(parts), context), EVENT_BYTES);

  test('halves it again and again while there is something to cut, and marks it', () => {
    let bytes: Uint8Array | undefined = stored({ message: 'm'.repeat(1000), pod: { labels: manyLabels } });
    const sizes: number[] = [];
    for (; bytes !== undefined; bytes = shrinkEvent(bytes)) sizes.push(bytes.length);
    assert.ok(sizes.length >= 3);
    assert.deepEqual(
      [...sizes].sort((a, b) => b - a),
      sizes,
    );
  });

  test('gives up on bytes that are no event', () => {
    assert.equal(shrinkEvent(new TextEncoder().encode('no json')), undefined);
  });
});
