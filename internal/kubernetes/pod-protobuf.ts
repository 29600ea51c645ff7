/**
 * Pods from protobuf, in two steps: what tells which pod it is and whether there is anything to say about it, and all of
 * its facts only where there is, or was, or where the pod is seen for the last time. Which of the two the store would
 * need, it is asked.
 */
import { CodedError } from '../platform/errors.ts';
import { WORD_BYTES } from '../platform/limits.ts';
import { imagesOf } from './pod-facts-json.ts';
import { readPodFacts } from './pod-facts-protobuf.ts';
import { objectMetaFields, podFields } from './pod-fields.ts';
import type { KnownPod, KnownPods, PodReading, ReadObserver } from './pod-reading.ts';
import { isQuiet, triage } from './pod-triage.ts';
import { PodTriage } from './pod-triage-protobuf.ts';
import { readUid } from './protobuf-metadata.ts';
import { fieldOf, ProtobufReader, WireError } from './protobuf-reader.ts';

export class PodProtobuf {
  readonly #known: KnownPods;
  readonly #observer: ReadObserver;
  readonly #reader = new ProtobufReader();
  readonly #triage = new PodTriage(this.#reader);
  /** Where metadata, spec and status are, by field number: start and end. */
  readonly #parts = new Uint32Array(8);
  #isOdd = false;
  #uid = '';
  #resourceVersion = '';
  #namespace = '';
  #name = '';
  #isDeleting = false;

  constructor(known: KnownPods, observer: ReadObserver) {
    this.#known = known;
    this.#observer = observer;
  }

  /** As ProtobufReader.read in resource.ts promises. */
  read(bytes: Buffer, start: number, end: number, isLast: boolean): PodReading | CodedError {
    try {
      return this.#read(bytes, start, end, isLast);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return new CodedError('WATCH_OBJECT_INVALID', `a pod of ${end - start} bytes has ${error.message}`);
    } finally {
      this.#reader.release();
    }
  }

  #read(bytes: Buffer, start: number, end: number, isLast: boolean): PodReading | CodedError {
    this.#locate(bytes, start, end);
    this.#readIdentity();
    if (this.#uid === '') {
      return new CodedError(
        'WATCH_OBJECT_INVALID',
        `pod ${JSON.stringify(`${this.#namespace}/${this.#name}`)} has no uid`,
      );
    }
    const known = this.#known.get(this.#uid);
    if (known !== undefined && known.resourceVersion === this.#resourceVersion && !isLast) {
      return this.#reading(known.facts === undefined, known.images);
    }
    return (isLast ? undefined : this.#readQuiet(known)) ?? this.#readWhole(bytes, start, end);
  }

  /** Finds the three parts of the pod. */
  #locate(bytes: Buffer, start: number, end: number): void {
    const reader = this.#reader;
    reader.reset(bytes, start, end);
    this.#parts.fill(0);
    this.#isOdd = false;
    for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
      const field = fieldOf(tag);
      if (field > podFields.status) {
        reader.skip(tag);
        continue;
      }
      const size = reader.range(tag);
      this.#isOdd ||= this.#parts[field * 2 + 1] !== 0;
      this.#parts[field * 2] = reader.at - size;
      this.#parts[field * 2 + 1] = reader.at;
    }
  }

  #goTo(part: number): void {
    this.#reader.reset(this.#reader.bytes, this.#parts[part * 2] ?? 0, this.#parts[part * 2 + 1] ?? 0);
  }

  #readIdentity(): void {
    const reader = this.#reader;
    this.#uid = this.#resourceVersion = this.#namespace = this.#name = '';
    this.#isDeleting = false;
    this.#goTo(podFields.metadata);
    for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
      switch (fieldOf(tag)) {
        case objectMetaFields.name:
          this.#name = reader.text(tag, WORD_BYTES);
          break;
        case objectMetaFields.namespace:
          this.#namespace = reader.word(tag, WORD_BYTES);
          break;
        case objectMetaFields.uid:
          this.#uid = readUid(reader, tag);
          break;
        case objectMetaFields.resourceVersion:
          this.#resourceVersion = reader.text(tag, WORD_BYTES);
          break;
        case objectMetaFields.deletionTimestamp:
          this.#isDeleting = true;
          reader.skip(tag);
          break;
        default:
          reader.skip(tag);
      }
    }
  }

  /** Undefined if the pod has to be read whole. */
  #readQuiet(known: KnownPod | undefined): PodReading | undefined {
    if (this.#isDeleting || this.#isOdd || known?.facts !== undefined) return undefined;
    this.#triage.begin();
    this.#goTo(podFields.spec);
    this.#triage.readSpec();
    this.#goTo(podFields.status);
    this.#triage.readStatus();
    if (!this.#triage.isQuiet) return undefined;
    const { images } = this.#triage;
    return known === undefined || known.images === images ? this.#reading(true, images) : undefined;
  }

  #readWhole(bytes: Buffer, start: number, end: number): PodReading {
    this.#reader.reset(bytes, start, end);
    const facts = readPodFacts(this.#reader, this.#observer);
    const { uid, resourceVersion, namespace, name } = facts;
    return { uid, resourceVersion, namespace, name, isQuiet: isQuiet(triage(facts)), images: imagesOf(facts), facts };
  }

  #reading(isQuietPod: boolean, images: string): PodReading {
    return {
      uid: this.#uid,
      resourceVersion: this.#resourceVersion,
      namespace: this.#namespace,
      name: this.#name,
      isQuiet: isQuietPod,
      images,
      facts: undefined,
    };
  }
}
