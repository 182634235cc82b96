/** A node that answers for the session. */
export interface ServingNode {
  host: string;
  url: string;
  /** The node before; undefined for the first one. */
  previous: string | undefined;
}

/** A node failed, and what comes next. */
export interface FailedNode {
  /** The host that failed. */
  host: string;
  /** What the browser or the node said. */
  reason: string;
  /** The host that is asked next at once; undefined if every node failed and the next round comes after `delay`. */
  next: string | undefined;
  /** Milliseconds until the next try. */
  delay: number;
  /** Which round over all nodes this is, from 1. */
  round: number;
}

/** The session goes on: a request of it was answered again. */
export interface Resumption {
  host: string;
  url: string;
  /** Milliseconds since the first failure. */
  downtime: number;
}

/** The session cannot go on. */
export interface LostSession {
  /** What the cluster said, for example `item-not-found`; `unreachable` if no node answered for as long as a session can live. */
  condition: string;
  sid: string;
}

export interface TransportEvents {
  /** A new session began. */
  session: { sid: string };
  node: ServingNode;
  retry: FailedNode;
  resumed: Resumption;
  lost: LostSession;
  /** No node let a new session begin in time. */
  unreachable: { reason: string };
}

/** Listeners by the name of their event. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();

  /** Returns what takes the listener away again. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => { listeners.delete(listener); };
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(event as never);
      } catch (error) {
        // A mistake of the page must not end its session, but the page's error handler shall see it.
        (globalThis.reportError ?? console.error)(error);
      }
    }
  }
}
