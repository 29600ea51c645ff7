/**
 * The pipeline, the first file to read: what happens between a change of a pod and an event in the outbox.
 *
 *   change -> detect -> owners -> filter -> gate -> look-back -> dedupe -> silence -> encode -> append
 *
 * detect: facts to findings (detect.ts); owners: does its Job try again (owner-hold.ts); filter: does anybody want it
 * (filter.ts); gate: only who leads tells, a follower keeps (pipeline-ring.ts); look-back: what an initial sync shows
 * and is long over (filter-look-back.ts); dedupe: told before, or cooling down (dedupe.ts); silence: somebody wants it
 * silent for a while (silencer.ts); the rest is the appender's (pipeline-appender.ts).
 *
 * Promises: every decision has a name and is reported; a finding leaves the pipeline only into the outbox, by a
 * reported decision, or with the process, and then shows again after a restart. One pod that breaks a stage is
 * reported and skipped. Costs a healthy pod's change some microseconds.
 */
import { APPEND_EVENTS, FINDINGS_WAITING, FOLLOWER_FINDINGS, RESOLVED_AFTER_MS } from '../platform/limits.ts';
import { ContextHold } from './context-hold.ts';
import { detect } from './detect.ts';
import type { DetectContext, Detection } from './detect-types.ts';
import { decideFilter } from './filter.ts';
import { earlier } from './filter-look-back.ts';
import { subjectOf } from './identity.ts';
import type { NodeTrouble } from './node-trouble.ts';
import { OwnerHold } from './owner-hold.ts';
import { ownersByName } from './owner-lookup.ts';
import { Appender, type AppendOutcome } from './pipeline-appender.ts';
import { LookBack } from './pipeline-look-back.ts';
import { LostLook } from './pipeline-lost.ts';
import { PipelineMemory } from './pipeline-memory.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import type { PipelineState } from './pipeline-observer.ts';
import { FollowerRing, foundSinceMs, type Candidate } from './pipeline-ring.ts';
import { assumeTold } from './pipeline-telling.ts';
import { PipelineTime } from './pipeline-time.ts';
import type { PodChange, PodFacts } from './pod-facts.ts';
import { Resolver } from './resolver.ts';
import { podsSilenced, Silencer } from './silencer.ts';

export class Pipeline {
  readonly #parts: PipelineParts;
  readonly #memory: PipelineMemory;
  readonly #ring = new FollowerRing(FOLLOWER_FINDINGS);
  readonly #silencer: Silencer;
  readonly #appender: Appender;
  readonly #time: PipelineTime;
  readonly #ownerHold: OwnerHold;
  readonly #contextHold: ContextHold;
  readonly #resolver: Resolver;
  readonly #lookBack: LookBack;
  readonly #lostLook: LostLook;
  #state: PipelineState = { kind: 'running' };
  #isSynced = false;
  /** Since when changes are skipped, or findings counted by fingerprint: what then showed is to be looked at again. */
  #missedSinceMs: number | undefined;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#memory = new PipelineMemory(parts.clock);
    this.#lookBack = new LookBack({ ...parts, isLossDue: () => this.#memory.lost.isDue });
    this.#lostLook = new LostLook({
      ...{ ...parts, mark: this.#memory.lost },
      mayLook: () => this.#isSynced && this.#isTelling() && this.#state.kind === 'running',
      look: (sinceMs) => {
        this.#memory.forgetTold();
        this.#lookAtAll(sinceMs);
      },
    });
    this.#ownerHold = new OwnerHold(parts.owners ?? ownersByName);
    this.#silencer = new Silencer({
      ...{ ...parts, ...parts.silences, tallies: this.#memory.silences },
      isTelling: () => this.#isSynced && this.#isTelling(),
      tell: (finding, subject) => this.#appender.add({ finding, subject, cause: 'watch', sinceMs: 0 }),
      lookAtSilenced: () => podsSilenced(parts.pods(), this.#memory).forEach((pod) => this.#lookOnceMore(pod)),
    });
    this.#contextHold = new ContextHold({ ...parts, memory: this.#memory, silencer: this.#silencer });
    this.#appender = new Appender({
      ...{ ...parts, silencer: this.#silencer, outbox: this.#memory.lost.watching(parts.outbox) },
      isTelling: (pod) => this.#isTelling(pod),
      isCaughtUp: () => this.#isCaughtUp(),
      memory: this.#memory,
      giveBack: (candidates) => this.#giveBack(candidates),
      onOutcome: (outcome, coalesced) => this.#outcome(outcome, coalesced),
    });
    this.#resolver = new Resolver({
      ...{ ...parts, memory: this.#memory, isTelling: (pod) => this.#isTelling(pod) },
      isWanted: () => parts.settings.current().eventTypes.includes('resolved'),
      afterMs: () => parts.settings.current().resolvedAfterMs ?? RESOLVED_AFTER_MS,
      tell: (finding, subject) => this.#filter({ finding, subject, cause: 'watch', sinceMs: 0 }, undefined),
    });
    this.#time = new PipelineTime({
      ...parts,
      look: (pod) => this.#lookOnceMore(pod),
      lookAtAll: () => this.#lookAtAll(undefined),
      tellNode: (finding, subject) => {
        this.#memory.here(subject);
        this.#settleOwners({ finding, subject, cause: 'watch', sinceMs: 0 });
      },
      nodeIsOver: (subject) => this.#memory.gone(subject),
      cleared: (node, subject) => this.#resolver.looked(node, subject, []),
      lost: (subject) => this.#resolver.forget(subject),
    });
  }

  /** Takes the changes of nodes. */
  get nodes(): NodeTrouble {
    return this.#time.nodes;
  }

  get state(): PipelineState {
    return this.#state;
  }

  /** Whether all that was seen so far is in the outbox, or was not to be told. */
  get isAllStored(): boolean {
    return this.#isCaughtUp() && this.#appender.isIdle && this.#ring.size === 0;
  }

  /** The state with its figures: findings that wait for the outbox, and what is counted by fingerprint since it is full. */
  describe(): PipelineState & { readonly waiting: number; readonly fingerprints: number; readonly coalesced: number } {
    const { fingerprints, counted } = this.#appender.coalesced;
    return { ...this.#state, waiting: this.#appender.waiting, fingerprints, coalesced: counted };
  }

  /** Reads what an earlier process remembered, and begins to store state from time to time. Once, before the first change. */
  async load(): Promise<void> {
    const { lost } = this.#memory;
    const { outbox } = this.#parts;
    // First, as what an earlier process left may be drained already.
    this.#lostLook.start();
    const skipped = (await this.#memory.load(lost.watching(outbox))).skipped + (await this.#appender.load()).skipped;
    await lost.load(outbox);
    if (skipped > 0) {
      this.#parts.observer.failed('load', new Error(`${skipped} entries of stored state could not be read`));
    }
    this.#lookBack.noted(this.#memory.watchedUntilMs);
    this.#appender.start();
    this.#silencer.start();
  }

  /** Takes one change through all stages. Never throws and never waits: what becomes of it is told to the observer. */
  process(change: PodChange): void {
    const { observer } = this.#parts;
    const subject = subjectOf(change.pod);
    const isGone = change.type === 'deleted' || change.type === 'left';
    this.#memory[isGone ? 'gone' : 'here'](subject);
    if (isGone) this.#time.gone(change.pod.uid);
    if (change.type === 'left') {
      this.#resolver.forget(subject);
      return;
    }
    if (this.#state.kind === 'paused') {
      observer.skipped(change);
      return;
    }
    const detection = this.#detect(change, change.type, subject);
    if (detection === undefined) return;
    observer.processed(change, detection.findings);
    for (const silence of detection.silences) observer.silenced(change.pod, silence);
    this.#detected(change, subject, detection);
    if (change.type === 'deleted') this.#memory.gone(subject);
  }

  #detected({ type, cause, pod }: PodChange, subject: string, detection: Detection): void {
    const { findings, hidden = [] } = detection;
    if (type === 'deleted') this.#resolver.gone(pod, subject, findings);
    for (const finding of findings) this.#settleOwners({ finding, subject, cause, sinceMs: 0 });
    if (type === 'deleted') return;
    this.#resolver.looked(pod, subject, hidden.length === 0 ? findings : [...findings, ...hidden]);
    this.#time.looked(pod, detection);
  }

  /** Nothing has changed of this pod but the time. What was paused looks at all of them when it resumes. */
  #lookOnceMore(pod: PodFacts): void {
    if (this.#state.kind === 'paused') return;
    const subject = subjectOf(pod);
    const change: PodChange = { type: 'modified', cause: 'watch', pod, before: pod };
    const detection = this.#detect(change, 'modified', subject);
    if (detection !== undefined) this.#detected(change, subject, detection);
  }

  /**
   * A term has begun. Tells what was detected since the old leader last renewed: `leaderUntilMs` is the Lease's
   * renewTime before we took it, less what its holder may not have seen; undefined where nobody held it.
   */
  beginTerm(leaderUntilMs: number | undefined): void {
    if (!this.#isSynced) this.#lookBack.led(leaderUntilMs);
    const sinceMs = leaderUntilMs ?? 0;
    const hasGap = this.#ring.hasGapSince(sinceMs);
    const { toTell, toldByLeader } = this.#ring.take(sinceMs);
    assumeTold(toldByLeader, { ...this.#parts, memory: this.#memory, silencer: this.#silencer });
    this.#lookBack.handOn(() => toTell.forEach((candidate) => this.#tell(candidate, leaderUntilMs)));
    if (hasGap) this.#lookAtAll(leaderUntilMs);
    this.#lostLook.check();
    this.#silencer.check('all');
  }

  /** The whole scope has been seen once: what is remembered of pods that did not show is forgotten after a while. */
  synced(): void {
    this.#isSynced = true;
    this.#lookBack.synced();
    this.#memory.confirmed();
    this.#lostLook.check();
    this.#silencer.check('all');
  }

  /** A namespace has left the scope: what is known of its pods is void, unless it comes back soon. */
  left(namespace: string): void {
    this.#memory.left(namespace);
    this.#ring.left(namespace);
  }

  /** Resolves when nothing waits to be appended, or when the outbox takes nothing. */
  async settled(): Promise<void> {
    for (const part of [this.#ownerHold, this.#contextHold, this.#appender]) await part.settled();
  }

  /** Stores what waits, once more and without patience, and ends all timers. */
  async stop(): Promise<void> {
    for (const part of [this.#time, this.#resolver, this.#silencer, this.#lostLook, this.#ownerHold]) part.stop();
    await this.#contextHold.stop();
    await this.#appender.stop();
  }

  /** Whether failures of this pod may be told now; without one, whether any may. */
  #isTelling(pod?: Pick<PodFacts, 'nodeName'>): boolean {
    const { isTelling, isOurs } = this.#parts;
    return isTelling() || (isOurs !== undefined && (pod === undefined || isOurs(pod)));
  }

  #detect({ pod, cause, before }: PodChange, type: DetectContext['change'], subject: string): Detection | undefined {
    const { restarts } = this.#memory;
    try {
      const detection = detect(pod, {
        clusterId: this.#parts.clusterId,
        nowMs: this.#parts.clock.now(),
        change: type,
        isFirstLook: cause === 'initial' || restarts.evicted > 0,
        memory: restarts.get(subject),
        before,
        // Where nothing has changed but the time, these are the facts as they are known.
        mayBeOld: cause === 'watch' && before !== pod,
        nodeNotReadySinceMs: this.nodes.sinceMs(pod.nodeName),
        delays: this.#parts.settings.current(),
      });
      restarts.set(subject, detection.memory);
      if (detection.findings.length > 0) this.#memory.note(subject, pod.namespace);
      return detection;
    } catch (error) {
      this.#parts.observer.failed('detect', error);
      return undefined;
    }
  }

  /** How far back it is told is a matter of when it was seen, and of when it is told: the earlier of the two. */
  #settleOwners(candidate: Candidate): void {
    const { pod } = candidate.finding;
    const seenUntilMs = this.#lookBack.untilMs(pod);
    this.#ownerHold.take(candidate.finding, (finding) =>
      this.#filter({ ...candidate, finding }, earlier(seenUntilMs, this.#lookBack.untilMs(pod))),
    );
  }

  #filter(candidate: Candidate, watchedUntilMs: number | undefined): void {
    const { finding } = candidate;
    const decision = decideFilter(finding, this.#parts.settings.current());
    if (!decision.pass) {
      this.#memory.keepUnseen(finding, candidate.subject);
      this.#parts.observer.decided({ finding, stage: 'filter', decision: 'suppress', reason: decision.reason });
    } else if (this.#isTelling(finding.pod)) {
      this.#tell(candidate, watchedUntilMs);
    } else {
      this.#hold(candidate, 'follower');
    }
  }

  #hold(candidate: Candidate, reason: 'follower' | 'leadership-lost'): void {
    const { observer } = this.#parts;
    observer.decided({ finding: candidate.finding, stage: 'gate', decision: 'hold', reason });
    const dropped = this.#ring.add(candidate);
    if (dropped === undefined) return;
    observer.decided({ finding: dropped.finding, stage: 'gate', decision: 'suppress', reason: 'ring-full' });
  }

  #giveBack(candidates: readonly Candidate[]): void {
    for (const candidate of candidates) this.#hold(candidate, 'leadership-lost');
    this.#resume();
  }

  /** What an initial sync shows is told as far as nobody may have told it before. */
  #tell(candidate: Candidate, watchedUntilMs: number | undefined): void {
    const sinceMs = candidate.cause === 'initial' ? this.#lookBack.sinceMs(watchedUntilMs) : 0;
    this.#contextHold.take({ ...candidate, sinceMs }, (toTell, context) => {
      this.#appender.add(toTell, context);
      if (this.#appender.waiting >= FINDINGS_WAITING) this.#pause(foundSinceMs(toTell));
    });
  }

  /** As after a first sync: what goes on is told, and what is over if it ended since nobody looked. */
  #lookAtAll(sinceMs: number | undefined): void {
    this.#lookBack.during(sinceMs, () => {
      for (const pod of this.#parts.pods()) this.process({ type: 'modified', cause: 'initial', pod });
    });
  }

  /** Whether nothing that was seen is still on its way to the appender, or was skipped. */
  #isCaughtUp(): boolean {
    const isHeld = this.#ownerHold.size + this.#contextHold.size > 0;
    const isBehind = (this.#parts.behind?.().size ?? 0) > 0;
    return this.#isSynced && !isBehind && !this.#lookBack.isHandingOn && this.#missedSinceMs === undefined && !isHeld;
  }

  #outcome(outcome: AppendOutcome, coalesced?: Candidate): void {
    switch (outcome) {
      case 'outbox-full':
      case 'outbox-failed':
        if (this.#state.kind === 'running') this.#setState({ kind: 'waiting', reason: outcome });
        return;
      case 'coalesced':
        this.#missedSinceMs = earlier(this.#missedSinceMs, coalesced && foundSinceMs(coalesced));
        if (this.#state.kind === 'waiting') this.#setState({ kind: 'coalescing', reason: 'outbox-full' });
        return;
      case 'stored':
        if (this.#appender.coalesced.fingerprints > 0) return;
        if (this.#appender.waiting < (this.#state.kind === 'waiting' ? APPEND_EVENTS : FINDINGS_WAITING / 2))
          this.#resume();
        return;
      case 'released':
        this.#resume();
    }
  }

  #pause(sinceMs: number): void {
    if (this.#state.kind === 'paused') return;
    this.#missedSinceMs = earlier(this.#missedSinceMs, sinceMs);
    this.#setState({ kind: 'paused', reason: this.#state.kind === 'running' ? 'outbox-slow' : this.#state.reason });
  }

  /** What was skipped, or only counted, is made good by looking at everything again. */
  #resume(): void {
    const sinceMs = this.#missedSinceMs;
    this.#missedSinceMs = undefined;
    if (this.#state.kind !== 'running') this.#setState({ kind: 'running' });
    if (sinceMs !== undefined) this.#lookAtAll(sinceMs);
    this.#lostLook.check();
  }

  #setState(state: PipelineState): void {
    this.#state = state;
    this.#parts.observer.stateChanged(state);
  }
}
