/**
 * The rule of pod-triage.ts asked of a pod's bytes, without building anything: a few numbers and byte comparisons. Says
 * quiet only where the facts, read whole, would be quiet too; whatever is unusual is not quiet and is to be read whole.
 * One instance is used again and again; what it found is good until the next `begin`.
 */
import { WORD_BYTES } from '../platform/limits.ts';
import { textEnd } from './bounded-text.ts';
import { digestOf, hashBytes, isDigestOf } from './images-digest.ts';
import {
  containerFields,
  containerStateFields,
  containerStatusFields,
  podConditionFields,
  podSpecFields,
  podStatusFields,
  terminatedFields,
} from './pod-fields.ts';
import { isCompletion, loudConditions } from './pod-triage.ts';
import { fieldOf, type ProtobufReader } from './protobuf-reader.ts';

const loudTypes = [...loudConditions];

/** Containers of a pod that triage follows; a pod with more is read whole. */
const MOST_CONTAINERS = 64;
const LONGEST_NAME = 63;

type Role = typeof INIT | typeof SIDECAR | typeof APP;
const INIT = 1;
const SIDECAR = 2;
const APP = 3;

const NO_STATE = 0;
const RUNNING = 1;
const WAITING = 2;
const TERMINATED = 3;

export class PodTriage {
  readonly #reader: ProtobufReader;
  /** Of each container of the spec: its role, its name's place, its image's hash, whether its status was seen. */
  readonly #roles = new Uint8Array(MOST_CONTAINERS);
  readonly #names = new Uint32Array(MOST_CONTAINERS * 2);
  readonly #images = new Uint32Array(MOST_CONTAINERS);
  readonly #seen = new Uint8Array(MOST_CONTAINERS);
  #specs = 0;
  #statuses = 0;
  #isOdd = false;
  #phase = '';
  #isReady = false;
  #areAllUp = false;
  #areAllDone = false;
  /** The state read last: what it is, and whether it ended well. */
  #state = NO_STATE;
  #endedWell = false;

  constructor(reader: ProtobufReader) {
    this.#reader = reader;
  }

  begin(): void {
    this.#specs = 0;
    this.#statuses = 0;
    this.#isOdd = false;
    this.#phase = '';
    this.#isReady = false;
    this.#areAllUp = true;
    this.#areAllDone = true;
  }

  /** Once spec and status have been read. */
  get isQuiet(): boolean {
    if (this.#isOdd || this.#statuses !== this.#specs) return false;
    if (this.#phase === 'Running') return this.#isReady && this.#areAllUp;
    return this.#phase === 'Succeeded' && this.#areAllDone;
  }

  /** Is `digest` that of the images of the spec? */
  hasImages(digest: string): boolean {
    return this.#specs === 1 ? isDigestOf(digest, this.#images[0] ?? 0) : digest === this.images;
  }

  /** Digest of the images of the spec, as images-digest.ts has it. */
  get images(): string {
    let inits = '';
    let apps = '';
    for (let at = 0; at < this.#specs; at++) {
      const digest = digestOf(this.#images[at] ?? 0);
      if (this.#roles[at] === APP) apps += digest;
      else inits += digest;
    }
    return inits === '' ? apps : inits + apps;
  }

  /** Reads the spec that the reader is in. */
  readSpec(): void {
    const reader = this.#reader;
    for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
      const field = fieldOf(tag);
      if (field === podSpecFields.containers) this.#readContainer(tag, APP);
      else if (field === podSpecFields.initContainers) this.#readContainer(tag, INIT);
      else reader.skip(tag);
    }
  }

  /** Reads the status that the reader is in. The spec comes first. */
  readStatus(): void {
    const reader = this.#reader;
    for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
      switch (fieldOf(tag)) {
        case podStatusFields.phase:
          this.#phase = reader.word(tag, WORD_BYTES);
          break;
        case podStatusFields.reason:
        case podStatusFields.message:
          if (reader.range(tag) > 0) this.#isOdd = true;
          break;
        case podStatusFields.conditions:
          this.#readCondition(tag);
          break;
        case podStatusFields.containerStatuses:
          this.#readContainerStatus(tag, APP);
          break;
        case podStatusFields.initContainerStatuses:
          this.#readContainerStatus(tag, INIT);
          break;
        default:
          reader.skip(tag);
      }
    }
  }

  /** An app container is left as soon as name and image are known: its environment may be most of the pod. */
  #readContainer(tag: number, list: typeof INIT | typeof APP): void {
    const reader = this.#reader;
    const outer = reader.enter(tag);
    let role: Role = list;
    let nameAt = reader.at;
    let nameSize = -1;
    let image = -1;
    for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
      const field = fieldOf(inner);
      if (field === containerFields.name) {
        nameSize = reader.range(inner);
        nameAt = reader.at - nameSize;
      } else if (field === containerFields.image) {
        image = this.#hashImage(reader.range(inner));
      } else if (field === containerFields.restartPolicy && list === INIT) {
        role = reader.word(inner, WORD_BYTES) === 'Always' ? SIDECAR : INIT;
      } else reader.skip(inner);
      if (list === APP && nameSize >= 0 && image >= 0) break;
    }
    reader.leave(outer);
    this.#addSpec(role, nameAt, Math.max(nameSize, 0), image < 0 ? hashBytes(reader.bytes, 0, 0) : image);
  }

  /** Of the field just passed, `size` bytes of it, as far as they are kept. */
  #hashImage(size: number): number {
    const { bytes, at } = this.#reader;
    return hashBytes(bytes, at - size, textEnd(bytes, at - size, at, WORD_BYTES)) >>> 0;
  }

  #addSpec(role: Role, nameAt: number, nameSize: number, image: number): void {
    if (this.#specs >= MOST_CONTAINERS || nameSize > LONGEST_NAME) {
      this.#isOdd = true;
      return;
    }
    const at = this.#specs++;
    this.#roles[at] = role;
    this.#names[at * 2] = nameAt;
    this.#names[at * 2 + 1] = nameAt + nameSize;
    this.#images[at] = image;
    this.#seen[at] = 0;
  }

  #readCondition(tag: number): void {
    const reader = this.#reader;
    const outer = reader.enter(tag);
    let isReady = false;
    let isLoud = false;
    let isTrue = false;
    for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
      const field = fieldOf(inner);
      if (field === podConditionFields.type) {
        const size = reader.range(inner);
        isReady = reader.passed(size, 'Ready');
        isLoud = this.#isLoudType(size);
      } else if (field === podConditionFields.status) isTrue = reader.passed(reader.range(inner), 'True');
      else reader.skip(inner);
    }
    reader.leave(outer);
    this.#isReady ||= isReady && isTrue;
    this.#isOdd ||= isLoud;
  }

  #isLoudType(size: number): boolean {
    for (const type of loudTypes) if (this.#reader.passed(size, type)) return true;
    return false;
  }

  #readContainerStatus(tag: number, list: typeof INIT | typeof APP): void {
    const reader = this.#reader;
    const outer = reader.enter(tag);
    let nameAt = reader.at;
    let nameSize = 0;
    let isReady = false;
    let restarts = 0;
    this.#state = NO_STATE;
    this.#endedWell = false;
    for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
      switch (fieldOf(inner)) {
        case containerStatusFields.name:
          nameSize = reader.range(inner);
          nameAt = reader.at - nameSize;
          break;
        case containerStatusFields.state:
          this.#readState(inner);
          break;
        case containerStatusFields.lastState:
          if (reader.range(inner) > 0) this.#isOdd = true;
          break;
        case containerStatusFields.ready:
          isReady = reader.bool(inner);
          break;
        case containerStatusFields.restartCount:
          restarts = reader.int32(inner);
          break;
        default:
          reader.skip(inner);
      }
    }
    reader.leave(outer);
    if (restarts !== 0) this.#isOdd = true;
    this.#judge(this.#find(list, nameAt, nameSize), isReady);
  }

  #judge(at: number, isReady: boolean): void {
    if (at < 0) {
      this.#isOdd = true;
      return;
    }
    this.#seen[at] = 1;
    this.#statuses++;
    const isDone = this.#state === TERMINATED && this.#endedWell;
    const isUp = this.#state === RUNNING && isReady;
    this.#areAllDone &&= isDone;
    this.#areAllUp &&= this.#roles[at] === INIT ? isDone : isUp;
  }

  /** The container of the spec that a status is of; -1 if there is none left. */
  #find(list: typeof INIT | typeof APP, nameAt: number, nameSize: number): number {
    for (let at = 0; at < this.#specs; at++) {
      if (this.#seen[at] === 1 || (this.#roles[at] === APP) !== (list === APP)) continue;
      if (this.#hasName(at, nameAt, nameSize)) return at;
    }
    return -1;
  }

  #hasName(at: number, nameAt: number, nameSize: number): boolean {
    const { bytes } = this.#reader;
    const start = this.#names[at * 2] ?? 0;
    if ((this.#names[at * 2 + 1] ?? 0) - start !== nameSize) return false;
    for (let index = 0; index < nameSize; index++) {
      const byte = bytes[start + index] ?? 0;
      if (byte !== bytes[nameAt + index] || byte >= 0x80) return false;
    }
    return true;
  }

  #readState(tag: number): void {
    const reader = this.#reader;
    const outer = reader.enter(tag);
    this.#state = NO_STATE;
    for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
      switch (fieldOf(inner)) {
        case containerStateFields.running:
          reader.range(inner);
          this.#state = Math.max(this.#state, RUNNING);
          break;
        case containerStateFields.waiting:
          reader.range(inner);
          this.#state = Math.max(this.#state, WAITING);
          break;
        case containerStateFields.terminated:
          this.#readTerminated(inner);
          this.#state = TERMINATED;
          break;
        default:
          reader.skip(inner);
      }
    }
    reader.leave(outer);
  }

  #readTerminated(tag: number): void {
    const reader = this.#reader;
    const outer = reader.enter(tag);
    let code = 0;
    let signal = 0;
    let isComplete = true;
    for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
      const field = fieldOf(inner);
      if (field === terminatedFields.exitCode) code = reader.int32(inner);
      else if (field === terminatedFields.signal) signal = reader.int32(inner);
      else if (field === terminatedFields.reason) isComplete = isCompletion(reader.word(inner, WORD_BYTES));
      else reader.skip(inner);
    }
    reader.leave(outer);
    this.#endedWell = code === 0 && signal === 0 && isComplete;
  }
}
