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

interface Place {
  start: number;
  end: number;
}

function clear(place: Place): void {
  place.start = place.end = 0;
}

export class PodProtobuf {
  readonly #known: KnownPods;
  readonly #observer: ReadObserver;
  readonly #reader = new ProtobufReader();
  readonly #triage = new PodTriage(this.#reader);
  readonly #metadata: Place = { start: 0, end: 0 };
  readonly #spec: Place = { start: 0, end: 0 };
  readonly #status: Place = { start: 0, end: 0 };
  /** The metadata that has not been read yet. */
  readonly #rest: Place = { start: 0, end: 0 };
  #isOdd = false;
  #uid = '';
  #isDeleting = false;
  /** Where strings of the metadata are that are only decoded if they are needed. */
  readonly #name: Place = { start: 0, end: 0 };
  readonly #namespace: Place = { start: 0, end: 0 };
  readonly #version: Place = { start: 0, end: 0 };

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
    if (this.#uid === '') return this.#refuse();
    if (this.#known.isOurs?.(this.#uid) === false) return this.#reading(this.#text(this.#version), true, '');
    const known = this.#known.get(this.#uid);
    if (isLast) return this.#readWhole(bytes, start, end, known);
    if (known !== undefined && this.#isAt(known.resourceVersion)) {
      return this.#reading(known.resourceVersion, !known.hasFacts, known.images);
    }
    return this.#readQuiet(known) ?? this.#readWhole(bytes, start, end, known);
  }

  #refuse(): CodedError {
    const name = JSON.stringify(`${this.#text(this.#namespace)}/${this.#text(this.#name)}`);
    return new CodedError('WATCH_OBJECT_INVALID', `pod ${name} has no uid`);
  }

  /** Finds the three parts of the pod. */
  #locate(bytes: Buffer, start: number, end: number): void {
    const reader = this.#reader;
    reader.reset(bytes, start, end);
    this.#isOdd = false;
    clear(this.#metadata);
    clear(this.#spec);
    clear(this.#status);
    for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
      switch (fieldOf(tag)) {
        case podFields.metadata:
          this.#markPart(this.#metadata, tag);
          break;
        case podFields.spec:
          this.#markPart(this.#spec, tag);
          break;
        case podFields.status:
          this.#markPart(this.#status, tag);
          break;
        default:
          reader.skip(tag);
      }
    }
  }

  /** A part that comes twice would have to be merged: such a pod is read whole. */
  #markPart(part: Place, tag: number): void {
    this.#isOdd ||= part.end !== 0;
    this.#mark(part, tag);
  }

  #goTo({ start, end }: Place): void {
    this.#reader.reset(this.#reader.bytes, start, end);
  }

  /** Reads the metadata as far as it tells which pod this is, and in which version. */
  #readIdentity(): void {
    this.#uid = '';
    this.#isDeleting = false;
    clear(this.#name);
    clear(this.#namespace);
    clear(this.#version);
    this.#goTo(this.#metadata);
    const reader = this.#reader;
    while (this.#uid === '' || this.#version.end === 0) {
      const tag = reader.next();
      if (tag === 0) break;
      this.#readIdentityField(tag);
    }
    this.#rest.start = reader.at;
    this.#rest.end = reader.end;
  }

  /** Reads on where readIdentity left off. */
  #readRest(): void {
    this.#goTo(this.#rest);
    const reader = this.#reader;
    for (let tag = reader.next(); tag !== 0; tag = reader.next()) this.#readIdentityField(tag);
  }

  #readIdentityField(tag: number): void {
    const reader = this.#reader;
    switch (fieldOf(tag)) {
      case objectMetaFields.name:
        this.#mark(this.#name, tag);
        break;
      case objectMetaFields.namespace:
        this.#mark(this.#namespace, tag);
        break;
      case objectMetaFields.uid:
        this.#uid = readUid(reader, tag);
        break;
      case objectMetaFields.resourceVersion:
        this.#mark(this.#version, tag);
        break;
      case objectMetaFields.deletionTimestamp:
        this.#isDeleting = true;
        reader.skip(tag);
        break;
      default:
        reader.skip(tag);
    }
  }

  #mark(place: Place, tag: number): void {
    const size = this.#reader.range(tag);
    place.start = this.#reader.at - size;
    place.end = this.#reader.at;
  }

  #text({ start, end }: Place): string {
    return end === 0 ? '' : this.#reader.slice(start, end, WORD_BYTES);
  }

  /** Is this the resourceVersion in the bytes? */
  #isAt(resourceVersion: string): boolean {
    const { start, end } = this.#version;
    return this.#reader.isAt(start, end, resourceVersion);
  }

  /** Undefined if the pod has to be read whole. */
  #readQuiet(known: KnownPod | undefined): PodReading | undefined {
    if (this.#isOdd || known?.hasFacts === true) return undefined;
    this.#readRest();
    if (this.#isDeleting) return undefined;
    this.#triage.begin();
    this.#goTo(this.#spec);
    this.#triage.readSpec();
    this.#goTo(this.#status);
    this.#triage.readStatus();
    if (!this.#triage.isQuiet) return undefined;
    if (known !== undefined && !this.#triage.hasImages(known.images)) return undefined;
    return this.#reading(this.#text(this.#version), true, known?.images ?? this.#triage.images);
  }

  /** Images matter where no facts are kept: before, or from now on. */
  #readWhole(bytes: Buffer, start: number, end: number, known: KnownPod | undefined): PodReading {
    this.#reader.reset(bytes, start, end);
    const facts = readPodFacts(this.#reader, this.#observer);
    const { uid, resourceVersion, namespace, name } = facts;
    const isQuietPod = isQuiet(triage(facts));
    const wasQuiet = known !== undefined && !known.hasFacts;
    const images = isQuietPod || wasQuiet ? imagesOf(facts) : '';
    return { uid, resourceVersion, namespace, name, isQuiet: isQuietPod, images, facts };
  }

  #reading(resourceVersion: string, isQuietPod: boolean, images: string): PodReading {
    return {
      uid: this.#uid,
      resourceVersion,
      namespace: this.#reader.wordAt(this.#namespace.start, this.#namespace.end, WORD_BYTES),
      name: this.#text(this.#name),
      isQuiet: isQuietPod,
      images,
      facts: undefined,
    };
  }
}
