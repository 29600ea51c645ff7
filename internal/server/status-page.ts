/**
 * The status page: one document without scripts, made on the server from the status document. Readable on a phone, in
 * light and dark, and without colour: what is wrong says so in words.
 */
import { html, type Html, type HtmlPart } from './html.ts';
import type { StatusDocument } from './status.ts';
import { statusStyle } from './status-style.ts';

export function statusPage(status: StatusDocument): string {
  const { health, cluster_id: cluster, is_telling: isTelling } = status;
  const isWell = health.status === 'ok';
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>watcher ${cluster}: ${isWell ? 'ready' : 'not ready'}</title>
        <style>
          ${statusStyle}
        </style>
      </head>
      <body>
        <header>
          <h1>${cluster}</h1>
          <p>
            <strong class="${isWell ? 'good' : 'bad'}">${isWell ? 'ready' : 'not ready'}</strong>
            ${isTelling ? 'tells of failures' : 'follows: another replica tells'}
          </p>
          <p class="quiet">
            watcher ${status.version} as ${status.identity}, since <time>${moment(status.started_at)}</time>; this page:
            <time>${moment(status.now)}</time>
          </p>
        </header>
        <main>
          ${section('Health', checks(status))} ${section('Last failures', failures(status))}
          ${section('Watches', watches(status))} ${section('Settings', settings(status))}
        </main>
      </body>
    </html> `.text;
}

const section = (title: string, body: Html): Html =>
  html`<section>
    <h2>${title}</h2>
    ${body}
  </section>`;

function table(headings: readonly string[], rows: readonly (readonly HtmlPart[])[], whenNone: string): Html {
  if (rows.length === 0) return html`<p class="quiet">${whenNone}</p>`;
  const head = headings.map((heading) => html`<th scope="col">${heading}</th>`);
  const body = rows.map(
    (row) =>
      html`<tr>
        ${row.map((cell, at) => html`<td data-of="${headings[at] ?? ''}">${cell}</td>`)}
      </tr> `,
  );
  return html`<table>
    <thead>
      <tr>
        ${head}
      </tr>
    </thead>
    <tbody>
      ${body}
    </tbody>
  </table>`;
}

const mark = (isGood: boolean, good: string, bad: string): Html =>
  html`<span class="${isGood ? 'good' : 'bad'}">${isGood ? good : bad}</span>`;

function checks({ health }: StatusDocument): Html {
  const rows = Object.entries(health.checks).map(([name, { ok, detail }]) => [
    name,
    mark(ok, 'ok', 'not ok'),
    details(name === 'settings' ? withoutSettings(detail) : detail),
  ]);
  return table(['check', 'state', 'detail'], rows, 'nothing is checked');
}

/** They have a table of their own. */
function withoutSettings(detail: unknown): unknown {
  return typeof detail === 'object' && detail !== null ? { ...detail, settings: undefined } : detail;
}

/** Each field in as little room as it takes; lists with nothing in them say nothing. */
function details(detail: unknown): Html {
  if (typeof detail !== 'object' || detail === null) return html`${text(detail)}`;
  const fields = Object.entries(detail).filter(([, value]) => text(value) !== '');
  return html`<dl>
    ${fields.map(
      ([name, value]) =>
        html`<div>
          <dt>${words(name)}</dt>
          <dd>${field(name, value)}</dd>
        </div>`,
    )}
  </dl>`;
}

function text(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(Number(value.toFixed(value < 10 ? 1 : 0)));
  if (Array.isArray(value)) return value.map((one) => text(one)).join(', ');
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return Object.entries(value)
    .map(([name, one]) => `${words(name)} ${field(name, one)}`)
    .join(', ');
}

/** Of `looseEvents` and `ageMs`: loose events, age. */
const words = (name: string): string =>
  name.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** A moment is read as a time, and not as Ms since 1970; how long something is, in seconds. */
function field(name: string, value: unknown): string {
  if (typeof value !== 'number' || !/Ms$/.test(name)) return text(value);
  return name === 'atMs' ? moment(new Date(value).toISOString()) : `${text(value / 1000)} s`;
}

/** A time without its fraction of a second. */
const moment = (iso: string): string => iso.replace(/\.\d+Z$/, 'Z');

function watches({ watches: all, watches_left_out: more }: StatusDocument): Html {
  const rows = all.map(({ namespace, state, pods, age_seconds: age, error }) => [
    namespace === '' ? 'the whole cluster' : namespace,
    error === undefined ? state : mark(false, '', error),
    pods,
    age === undefined ? 'never' : `${age.toFixed(1)} s ago`,
  ]);
  const shown = table(['namespace', 'state', 'pods', 'last heard of'], rows, 'nothing is watched yet');
  return more === 0
    ? shown
    : html`${shown}
        <p class="quiet">and ${more} more, all fresher</p>`;
}

function failures({ failures: all }: StatusDocument): Html {
  const rows = all.map(({ at, namespace, pod, container, reason, event_id: id, became }) => [
    html`<time>${moment(at)}</time>`,
    `${namespace}/${pod}`,
    container,
    html`<span class="word">${reason}</span>`,
    became,
    html`<code>${id.slice(0, 12)}</code>`,
  ]);
  return table(['last seen', 'pod', 'container', 'reason', 'became', 'event'], rows, 'none since this agent started');
}

function settings({ settings: all }: StatusDocument): Html {
  const rows = all.map(({ name, value, from, place }) => [html`<code>${name}</code>`, value, from, place]);
  return table(['setting', 'value', 'from', 'where'], rows, '');
}
