/** The trace of failing pods, told by the pipeline and the drain beside their metrics; and what it says of a pod. */
import type { DrainObserver } from '../../internal/pipeline/drain-observer.ts';
import type { PipelineObserver } from '../../internal/pipeline/pipeline-observer.ts';
import type { PodTrace, PodTraces } from '../../internal/pipeline/trace.ts';

/** `observer`, and the trace told of all it is told of. */
export function tracedPipeline(observer: PipelineObserver, traces: PodTraces): PipelineObserver {
  return {
    ...observer,
    processed: (change, findings) => {
      observer.processed(change, findings);
      traces.processed(change, findings);
    },
    silenced: (pod, silence) => {
      observer.silenced(pod, silence);
      traces.silenced(pod, silence);
    },
    decided: (decision) => {
      observer.decided(decision);
      traces.decided(decision);
    },
    stored: (findings, known, released) => {
      observer.stored(findings, known, released);
      traces.stored(findings);
    },
  };
}

export function tracedDrain(observer: DrainObserver, traces: PodTraces): DrainObserver {
  return {
    ...observer,
    settled: (event, as, reason) => {
      observer.settled(event, as, reason);
      traces.settled(event, as, reason);
    },
  };
}

/** What is told of a pod, in the words of the wire: times as RFC 3339, one flat object a step. */
export function explained(traces: readonly PodTrace[]): object {
  const time = (ms: number): string => new Date(ms).toISOString();
  return {
    pods: traces.map(({ namespace, name, uid, isCut, entries }) => ({
      ...{ namespace, name, uid, earlier_steps_forgotten: isCut },
      steps: entries.map(({ what, atMs, untilMs, times }) => {
        const { step, ...rest } = what;
        const fields = Object.entries(rest).map(([field, value]): [string, string] => [
          field === 'eventId' ? 'event_id' : field,
          value,
        ]);
        return { at: time(atMs), step, ...Object.fromEntries<string>(fields), times, until: time(untilMs) };
      }),
    })),
  };
}
