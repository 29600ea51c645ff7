/**
 * A container's status from protobuf: its states, its counts, its ids.
 */
import type { ContainerState, Termination } from '../pipeline/pod-facts.ts';
import { MESSAGE_BYTES, WORD_BYTES } from '../platform/limits.ts';
import { noState, type ContainerStatus } from './pod-containers.ts';
import {
  containerStateFields,
  containerStatusFields,
  runningFields,
  terminatedFields,
  waitingFields,
} from './pod-fields.ts';
import { readTime } from './protobuf-metadata.ts';
import { fieldOf, type ProtobufReader } from './protobuf-reader.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function readContainerStatus(
  reader: ProtobufReader,
  tag: number,
  list: ContainerStatus['list'],
): ContainerStatus {
  const outer = reader.enter(tag);
  const status: Mutable<ContainerStatus> = {
    name: '',
    list,
    image: '',
    imageId: '',
    containerId: '',
    restartCount: 0,
    ready: false,
    started: false,
    state: noState,
    lastState: noState,
  };
  for (let inner = reader.next(); inner !== 0; inner = reader.next()) readField(reader, inner, status);
  reader.leave(outer);
  return status;
}

function readField(reader: ProtobufReader, tag: number, status: Mutable<ContainerStatus>): void {
  switch (fieldOf(tag)) {
    case containerStatusFields.name:
      status.name = reader.word(tag, WORD_BYTES);
      break;
    case containerStatusFields.state:
      status.state = readState(reader, tag);
      break;
    case containerStatusFields.lastState:
      status.lastState = readState(reader, tag);
      break;
    case containerStatusFields.ready:
      status.ready = reader.bool(tag);
      break;
    case containerStatusFields.restartCount:
      status.restartCount = reader.int32(tag);
      break;
    case containerStatusFields.image:
      status.image = reader.word(tag, WORD_BYTES);
      break;
    case containerStatusFields.imageId:
      status.imageId = reader.word(tag, WORD_BYTES);
      break;
    case containerStatusFields.containerId:
      status.containerId = reader.text(tag, WORD_BYTES);
      break;
    case containerStatusFields.started:
      status.started = reader.bool(tag);
      break;
    default:
      reader.skip(tag);
  }
}

/** At most one of the three is set. Where a liar sets more, the one that says most counts, as with JSON. */
function readState(reader: ProtobufReader, tag: number): ContainerState {
  const outer = reader.enter(tag);
  let state: ContainerState = noState;
  for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
    switch (fieldOf(inner)) {
      case containerStateFields.terminated:
        state = readTerminated(reader, inner);
        break;
      case containerStateFields.waiting:
        state = stronger(state, readWaiting(reader, inner));
        break;
      case containerStateFields.running:
        state = stronger(state, readRunning(reader, inner));
        break;
      default:
        reader.skip(inner);
    }
  }
  reader.leave(outer);
  return state;
}

const strength: Record<ContainerState['kind'], number> = { none: 0, running: 1, waiting: 2, terminated: 3 };

function stronger(one: ContainerState, other: ContainerState): ContainerState {
  return strength[other.kind] >= strength[one.kind] ? other : one;
}

function readWaiting(reader: ProtobufReader, tag: number): ContainerState {
  const outer = reader.enter(tag);
  const state = { kind: 'waiting' as const, reason: '', message: '' };
  for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
    const field = fieldOf(inner);
    if (field === waitingFields.reason) state.reason = reader.word(inner, WORD_BYTES);
    else if (field === waitingFields.message) state.message = reader.text(inner, MESSAGE_BYTES);
    else reader.skip(inner);
  }
  reader.leave(outer);
  return state;
}

function readRunning(reader: ProtobufReader, tag: number): ContainerState {
  const outer = reader.enter(tag);
  let startedAtMs = 0;
  for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
    if (fieldOf(inner) === runningFields.startedAt) startedAtMs = readTime(reader, inner);
    else reader.skip(inner);
  }
  reader.leave(outer);
  return { kind: 'running', startedAtMs };
}

function readTerminated(reader: ProtobufReader, tag: number): Termination {
  const outer = reader.enter(tag);
  const state: Mutable<Termination> = {
    kind: 'terminated',
    reason: '',
    message: '',
    exitCode: 0,
    signal: 0,
    startedAtMs: 0,
    finishedAtMs: 0,
    containerId: '',
  };
  for (let inner = reader.next(); inner !== 0; inner = reader.next()) readTerminatedField(reader, inner, state);
  reader.leave(outer);
  return state;
}

function readTerminatedField(reader: ProtobufReader, tag: number, state: Mutable<Termination>): void {
  switch (fieldOf(tag)) {
    case terminatedFields.exitCode:
      state.exitCode = reader.int32(tag);
      break;
    case terminatedFields.signal:
      state.signal = reader.int32(tag);
      break;
    case terminatedFields.reason:
      state.reason = reader.word(tag, WORD_BYTES);
      break;
    case terminatedFields.message:
      state.message = reader.text(tag, MESSAGE_BYTES);
      break;
    case terminatedFields.startedAt:
      state.startedAtMs = readTime(reader, tag);
      break;
    case terminatedFields.finishedAt:
      state.finishedAtMs = readTime(reader, tag);
      break;
    case terminatedFields.containerId:
      state.containerId = reader.text(tag, WORD_BYTES);
      break;
    default:
      reader.skip(tag);
  }
}
