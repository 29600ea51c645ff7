/** The text that Prometheus reads, as values: for tests of what a metric says, and not only of its being there. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/g;

/** Every sample. Throws where a line is none, so that what can't be read is never overlooked. */
export function samplesOf(exposition: string): Sample[] {
  const lines = exposition.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined || labels.replaceAll(LABEL, '').replaceAll(',', '') !== '')
      throw new Error(`no sample: ${line}`);
    return { name, labels: Object.fromEntries(pairsOf(labels)), value: Number(value) };
  });
}

/** Sum of the samples of this name that have all these labels; undefined where there is none. */
export function sumOf(
  exposition: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const wanted = Object.entries(labels);
  const values = samplesOf(exposition)
    .filter((sample) => sample.name === name && wanted.every(([label, value]) => sample.labels[label] === value))
    .map(({ value }) => value);
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

function pairsOf(labels: string): [string, string][] {
  return [...labels.matchAll(LABEL)].map(([, label = '', value = '']) => [label, unescaped(value)]);
}

function unescaped(value: string): string {
  return value.replaceAll(/\\(.)/g, (_all, character: string) => (character === 'n' ? '\n' : character));
}
