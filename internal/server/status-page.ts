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
            watcher ${status.version} as ${status.identity}, since ${status.started_at}; this page: ${status.now}
          </p>
        </header>
        <main>
          ${section('Health', checks(status))} ${section('Watches', watches(status))}
          ${section('Last failures', failures(status))} ${section('Settings', settings(status))}
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
    details(detail),
  ]);
  return table(['check', 'state', 'detail'], rows, 'nothing is checked');
}

/** One line a field; what is nested is shown as JSON. */
function details(detail: unknown): Html {
  if (typeof detail !== 'object' || detail === null) return html`${String(detail)}`;
  const fields = Object.entries(detail).filter(([, value]) => value !== undefined);
  return html`<dl>
    ${fields.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${text(value)}</dd>`,
    )}
  </dl>`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function watches({ watches: all }: StatusDocument): Html {
  const rows = all.map(({ namespace, state, pods, age_seconds: age, error }) => [
    namespace === '' ? 'the whole cluster' : namespace,
    error === undefined ? state : mark(false, '', error),
    pods,
    age === undefined ? 'never' : `${age.toFixed(1)} s ago`,
  ]);
  return table(['namespace', 'state', 'pods', 'last heard of'], rows, 'nothing is watched yet');
}

function failures({ failures: all }: StatusDocument): Html {
  const rows = all.map(({ at, namespace, pod, container, reason, event_id: id, became }) => [
    at,
    `${namespace}/${pod}`,
    container,
    reason,
    became,
    html`<code>${id.slice(0, 12)}</code>`,
  ]);
  return table(['last seen', 'pod', 'container', 'reason', 'became', 'event'], rows, 'none since this agent started');
}

function settings({ settings: all }: StatusDocument): Html {
  const rows = all.map(({ name, value, from, place }) => [html`<code>${name}</code>`, value, from, place]);
  return table(['setting', 'value', 'from', 'where'], rows, '');
}
