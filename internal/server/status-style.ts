/** How the status page looks. Colours are the system's where they can be; on a narrow screen each row is a card. */
import { Html } from './html.ts';

export const statusStyle = new Html(`
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --good: #0a7a33; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --good: #5fd38a; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
p { margin: .3rem 0; }
.quiet, dt { opacity: .75; }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .6rem .35rem 0; text-align: left; vertical-align: top; }
th { font-weight: 600; white-space: nowrap; }
/* A word is broken where it must be, and never so that a column gets narrower than its words. */
td:first-child { overflow-wrap: break-word; }
dl { display: flex; flex-wrap: wrap; gap: 0 1.2rem; margin: 0; }
dt, dd { display: inline; margin: 0; }
code { font: .92em ui-monospace, monospace; }
code, time, .word { white-space: nowrap; }
@media (max-width: 40rem) {
  thead { display: none; }
  tr { display: block; border-bottom: 1px solid var(--line); padding: .4rem 0; }
  td { display: grid; grid-template-columns: 6.5rem 1fr; border: 0; padding: .1rem 0; }
  td::before { content: attr(data-of); opacity: .75; }
  dl { display: block; }
  .word { white-space: normal; }
}
`);
