/**
 * PodMemory: what detection keeps of a pod from one look to the next. It counts exits, so that restarts between two
 * looks of which no fact is left are counted and never invented as ids, and remembers which container an edited spec
 * is replacing. A pod whose containers never exited has no memory.
 */
import type { ContainerFacts, PodFacts } from './pod-facts.ts';
import { conditionOf } from './stuck-delays.ts';

export type PodMemory = ReadonlyMap<string, ContainerMemory>;

export interface ContainerMemory {
  /** Exits of this container until the last look, whatever their code. */
  readonly exits: number;
  /** Exits that no look saw and no finding has told of yet. */
  readonly unseen: number;
  /** The container that is being replaced because its spec was edited; '' if none is. */
  readonly replacedId: string;
  /** The container that ran while the pod was being resized in place, which may stop it; '' if none. */
  readonly resizedId: string;
}

const NOTHING: ContainerMemory = { exits: 0, unseen: 0, replacedId: '', resizedId: '' };

/** The memory after this look; the very object given if nothing changed. */
export function nextMemory(
  pod: PodFacts,
  memory: PodMemory | undefined,
  before: PodFacts | undefined,
  isFirstLook: boolean,
): PodMemory | undefined {
  const isResizing = conditionOf(pod, 'PodResizeInProgress')?.status === 'True';
  let next: Map<string, ContainerMemory> | undefined;
  for (const container of pod.containers) {
    if (container.role === 'ephemeral') continue;
    const known = memory?.get(container.name);
    const resizedId = resizedIdOf(container, known?.resizedId ?? '', isResizing);
    const now = withResized(nextOf(container, known, before, isFirstLook && memory === undefined), resizedId);
    if (now === known || (known === undefined && now === NOTHING)) continue;
    next ??= new Map(memory);
    next.set(container.name, now);
  }
  return next ?? memory;
}

function nextOf(
  container: ContainerFacts,
  known: ContainerMemory | undefined,
  before: PodFacts | undefined,
  isFirstLook: boolean,
): ContainerMemory {
  const was = known ?? NOTHING;
  const exits = exitsOf(container);
  const unseen = isFirstLook ? 0 : was.unseen + unseenSince(was.exits, exits, container);
  const replacedId = replacedIdOf(container, was.replacedId, before);
  if (exits === was.exits && unseen === was.unseen && replacedId === was.replacedId) return was;
  return { ...was, exits, unseen, replacedId };
}

function withResized(memory: ContainerMemory, resizedId: string): ContainerMemory {
  return memory.resizedId === resizedId ? memory : { ...memory, resizedId };
}

/**
 * A resize in place stops containers whose resizePolicy says so. The condition is there while they run, and is gone in
 * the status that shows them stopped, or running on (measured on 1.36).
 */
function resizedIdOf(container: ContainerFacts, known: string, isResizing: boolean): string {
  if (isResizing && container.state.kind === 'running') return container.containerId;
  return known !== '' && hasEnded(container, known) ? known : '';
}

function hasEnded({ state, lastState }: ContainerFacts, containerId: string): boolean {
  return [state, lastState].some((one) => one.kind === 'terminated' && one.containerId === containerId);
}

/**
 * How often the container has exited. restartCount counts the exits that were followed by another start; the current
 * attempt is over, too, if it shows as terminated, or waits with its own exit in lastState (a back-off). A lost
 * container, whose exit names no id, has been counted by the kubelet already.
 */
function exitsOf({ restartCount, state, lastState, containerId }: ContainerFacts): number {
  const restarts = Math.max(0, restartCount);
  if (state.kind === 'terminated') return restarts + (state.containerId === '' ? 0 : 1);
  const isBackingOff =
    state.kind === 'waiting' &&
    lastState.kind === 'terminated' &&
    lastState.containerId !== '' &&
    lastState.containerId === containerId;
  return restarts + (isBackingOff ? 1 : 0);
}

/** A count lower than the known one is a new beginning (the node was replaced, its logs were removed). */
function unseenSince(exitsBefore: number, exitsNow: number, { state, lastState }: ContainerFacts): number {
  if (exitsNow <= exitsBefore) return 0;
  const visible = (state.kind === 'terminated' ? 1 : 0) + (lastState.kind === 'terminated' ? 1 : 0);
  return Math.max(0, exitsNow - exitsBefore - visible);
}

/** An image edited while the container runs means that the kubelet will stop it: that exit is nobody's failure. */
function replacedIdOf(container: ContainerFacts, known: string, before: PodFacts | undefined): string {
  const was = before?.containers.find(({ name }) => name === container.name);
  if (was !== undefined && was.image !== container.image && was.state.kind === 'running') return was.containerId;
  if (known === '') return '';
  const { lastState } = container;
  const isStillShown =
    container.containerId === known || (lastState.kind === 'terminated' && lastState.containerId === known);
  return isStillShown ? known : '';
}

/** The memory with so many restarts of a container that no look saw: 0 for the finding that tells of them. */
export function withUnseen(memory: PodMemory, container: string, unseen: number): PodMemory {
  const known = memory.get(container);
  return known === undefined ? memory : new Map(memory).set(container, { ...known, unseen });
}

/** The memory as text for the outbox's state; undefined where there is nothing worth keeping. */
export function encodeMemory(memory: PodMemory): string | undefined {
  if (memory.size === 0) return undefined;
  return JSON.stringify(
    [...memory].map(([name, known]) => [name, known.exits, known.unseen, known.replacedId, known.resizedId]),
  );
}

/** What encodeMemory wrote; undefined for anything else, as what is on disk may be of another version. */
export function decodeMemory(text: string): PodMemory | undefined {
  const rows: unknown = parsed(text);
  if (!Array.isArray(rows)) return undefined;
  const memory = new Map<string, ContainerMemory>();
  for (const row of rows as unknown[]) {
    if (!Array.isArray(row)) return undefined;
    const [name, exits, unseen, replacedId, resizedId = ''] = row as unknown[];
    if (typeof name !== 'string' || !isCount(exits) || !isCount(unseen)) return undefined;
    if (typeof replacedId !== 'string' || typeof resizedId !== 'string') return undefined;
    memory.set(name, { exits, unseen, replacedId, resizedId });
  }
  return memory;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
