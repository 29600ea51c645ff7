/**
 * Silences that annotations give: of the pod itself, its namespace, its workload. Each silences what carries it; which of
 * the three count is a setting, as whoever may edit a pod may silence it.
 */
import { SILENCES_KEPT } from '../platform/limits.ts';
import { podWorkload } from './filter-ignore.ts';
import type { FindingPod } from './finding.ts';
import type { SettingsSource } from './settings.ts';
import { parseSilenceAnnotation, type AnnotatedSilence, type AnnotationProblem } from './silence-annotation.ts';
import type { SilenceRule } from './silence.ts';
import type { SilenceCarrier, SilenceSource } from './silenced.ts';

/** Texts of the annotation beyond the pod's own; '' or undefined where there is none or it is not known. */
export interface SilenceAnnotations {
  ofNamespace(namespace: string): string | undefined;
  ofWorkload(pod: FindingPod): string | undefined;
}

export type AnnotationSource = Exclude<SilenceSource, 'remote'>;

type Refuse = (rule: { readonly source: SilenceSource; readonly id: string; readonly problem: string }) => void;

const ALL_CARRIERS: readonly SilenceCarrier[] = ['pods', 'namespaces', 'workloads'];

export class AnnotatedSilences {
  readonly #settings: SettingsSource;
  readonly #annotations: SilenceAnnotations | undefined;
  readonly #refuse: Refuse;
  /** By their text. */
  readonly #parsed = new Map<string, AnnotatedSilence | AnnotationProblem>();

  constructor(settings: SettingsSource, annotations: SilenceAnnotations | undefined, refuse: Refuse) {
    this.#settings = settings;
    this.#annotations = annotations;
    this.#refuse = refuse;
  }

  /** What the pod is silenced by, whether that still holds or not. */
  of(pod: FindingPod): readonly SilenceRule[] {
    const { silenceAnnotations = ALL_CARRIERS } = this.#settings.current();
    const rules: SilenceRule[] = [];
    for (const carrier of silenceAnnotations) {
      const text = this.#textOf(carrier, pod);
      const rule = text === undefined || text === '' ? undefined : this.#rule(carrier, text, pod);
      if (rule !== undefined) rules.push(rule);
    }
    return rules;
  }

  #textOf(carrier: SilenceCarrier, pod: FindingPod): string | undefined {
    switch (carrier) {
      case 'pods':
        return pod.silence;
      case 'namespaces':
        return this.#annotations?.ofNamespace(pod.namespace);
      case 'workloads':
        return this.#annotations?.ofWorkload(pod);
    }
  }

  #rule(carrier: SilenceCarrier, text: string, pod: FindingPod): SilenceRule | undefined {
    const { source, id } = nameOf(carrier, pod);
    const parsed = this.#parse(text);
    if ('problem' in parsed) {
      this.#refuse({ source, id, problem: parsed.problem });
      return undefined;
    }
    const { untilMs, owner, comment, reasons } = parsed;
    return { source, id, owner, untilMs, comment, match: reasons === undefined ? {} : { reasons } };
  }

  #parse(text: string): AnnotatedSilence | AnnotationProblem {
    const known = this.#parsed.get(text);
    if (known !== undefined) return known;
    const parsed = parseSilenceAnnotation(text);
    if (this.#parsed.size >= SILENCES_KEPT) this.#parsed.clear();
    this.#parsed.set(text, parsed);
    return parsed;
  }
}

/** Pods of one workload that carry it, from their template say, share a silence. */
function nameOf(carrier: SilenceCarrier, pod: FindingPod): { readonly source: AnnotationSource; readonly id: string } {
  switch (carrier) {
    case 'pods':
      return { source: 'pod', id: `${pod.namespace}/${podWorkload(pod)}` };
    case 'namespaces':
      return { source: 'namespace', id: pod.namespace };
    case 'workloads':
      return { source: 'workload', id: `${pod.namespace}/${podWorkload(pod)}` };
  }
}
