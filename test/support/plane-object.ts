// One virtual object of Restate, small enough to crash at any step: state, a journal for each invocation, and replays that
// insist on the same steps. For the plane's own code; how the real server behaves is the contract tests' matter.
import assert from 'node:assert/strict';
import { RestatePromise, type ObjectContext } from '@restatedev/restate-sdk';

type Command =
  | { readonly kind: 'get'; readonly key: string; readonly value: unknown }
  | { readonly kind: 'run'; readonly name: string; readonly value: unknown }
  | { readonly kind: 'set'; readonly key: string; readonly value: unknown }
  | { readonly kind: 'clear'; readonly key: string };

/** An attempt that ended before its handler did. */
export class Crash extends Error {}

export class Invocation {
  readonly id: string;
  readonly journal: Command[] = [];

  constructor(id: string) {
    this.id = id;
  }
}

export class PlaneObject {
  readonly state = new Map<string, unknown>();
  readonly key = 'cluster';

  /** Runs the handler as an attempt of `invocation`, which crashes before its journal grows beyond `crashAt` commands. */
  async attempt<T>(
    invocation: Invocation,
    handler: (context: ObjectContext) => Promise<T>,
    crashAt = Number.POSITIVE_INFINITY,
  ): Promise<T> {
    return handler(this.#contextFor(invocation, crashAt));
  }

  #contextFor(invocation: Invocation, crashAt: number): ObjectContext {
    let position = 0;
    /** Answers from the journal where it can, and else performs the command and records it. */
    const step = (command: Command, perform: () => Command): Command => {
      const recorded = invocation.journal[position++];
      if (recorded !== undefined) {
        assert.deepEqual(identityOf(command), identityOf(recorded), 'a replay took another step');
        return recorded;
      }
      if (invocation.journal.length >= crashAt) throw new Crash();
      const performed = perform();
      invocation.journal.push(performed);
      return performed;
    };
    const context = {
      key: this.key,
      request: () => ({ id: invocation.id, headers: new Map(), body: new Uint8Array() }),
      get: (key: string) => {
        const done = step({ kind: 'get', key, value: null }, () => ({ kind: 'get', key, value: this.#read(key) }));
        return RestatePromise.resolve('value' in done ? copy(done.value) : null);
      },
      run: (name: string, action: () => unknown) => {
        const done = step({ kind: 'run', name, value: null }, () => ({ kind: 'run', name, value: copy(action()) }));
        return RestatePromise.resolve('value' in done ? copy(done.value) : null);
      },
      set: (key: string, value: unknown) => {
        const command = { kind: 'set', key, value: copy(value) } as const;
        step(command, () => {
          this.state.set(key, command.value);
          return command;
        });
      },
      clear: (key: string) => {
        step({ kind: 'clear', key }, () => {
          this.state.delete(key);
          return { kind: 'clear', key };
        });
      },
    };
    return context as unknown as ObjectContext;
  }

  #read(key: string): unknown {
    return copy(this.state.get(key) ?? null);
  }
}

/** What must be the same at a replay: the step, and for a write also its value. */
function identityOf(command: Command): unknown {
  return command.kind === 'get' || command.kind === 'run' ? { ...command, value: undefined } : command;
}

/** As a value comes back from the state: bytes as bytes, everything else as JSON. */
function copy(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
}
