// One request of a session: the same bytes, sent to one node after the other until one answers. Knows nothing of choosing nodes.
import type { BodyAttributes } from './body.js';
import type { Clock } from './clock.js';

export interface PostOptions {
  /** Request headers; `Content-Type` is `text/xml; charset=utf-8` unless given. */
  headers?: Readonly<Record<string, string>>;
  /** Send cookies and the like to other origins too. BOSH itself uses none. */
  withCredentials?: boolean;
  /** Gives the request up; its promise rejects. */
  signal?: AbortSignal;
}

/** The answer to a request: `status` is 200, or below 500 where a node refused. */
export interface BoshAnswer {
  status: number;
  text: string;
}

/** What one node said, or why it said nothing. */
export type Outcome = { status: number; text: string } | { error: string };

/** One sending of the request to one node. */
interface Attempt {
  url: string;
  abort: AbortController;
  dueAt: number;
  timer?: unknown;
}

export class Exchange {
  readonly sid: string | undefined;
  readonly rid: number;
  readonly isTerminate: boolean;
  /** Whether the server answers at once, rather than hold the request until it has something to say. */
  readonly isPrompt: boolean;
  readonly promise: Promise<BoshAnswer>;
  /** What was answered, while it waits for the answers to older requests. */
  answer: BoshAnswer | undefined;
  /** Runs from the posting until the answer. */
  deadline: unknown;
  timeouts = 0;
  #attempt: Attempt | undefined;
  #resolve!: (answer: BoshAnswer) => void;
  #reject!: (error: Error) => void;

  constructor(
    readonly text: string,
    attributes: BodyAttributes,
    readonly options: PostOptions,
    readonly clock: Clock,
    readonly send: typeof fetch,
  ) {
    this.sid = attributes.get('sid');
    this.rid = Number(attributes.get('rid'));
    this.isTerminate = attributes.get('type') === 'terminate';
    this.isPrompt = this.sid === undefined || this.isTerminate || attributes.has('xmpp:restart')
      || text.includes('urn:ietf:params:xml:ns:xmpp-sasl');
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Where the request is at the moment; undefined if nowhere. */
  get url(): string | undefined {
    return this.#attempt?.url;
  }

  /** Sends the request to a node; `onOutcome` is called once, and never after `withdraw`. */
  async post(url: string, onOutcome: (outcome: Outcome) => void): Promise<void> {
    this.withdraw();
    const attempt: Attempt = { url, abort: new AbortController(), dueAt: Number.POSITIVE_INFINITY };
    this.#attempt = attempt;
    const outcome = await this.#ask(attempt);
    if (this.#attempt !== attempt) return;
    this.withdraw();
    onOutcome(outcome);
  }

  async #ask({ url, abort }: Attempt): Promise<Outcome> {
    // Not as a method: the browser's fetch is one of its window.
    const { send } = this;
    try {
      const response = await send(url, {
        method: 'POST',
        headers: { 'Content-Type': 'text/xml; charset=utf-8', ...this.options.headers },
        body: this.text,
        credentials: this.options.withCredentials ? 'include' : 'same-origin',
        // The farewell of a page that closes outlives the page.
        keepalive: this.isTerminate,
        signal: abort.signal,
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Calls back unless the node answers within the time; one that runs already and ends earlier stays. */
  expectWithin(delay: number, onTimeout: () => void): void {
    const attempt = this.#attempt;
    const dueAt = this.clock.now() + delay;
    if (!attempt || attempt.dueAt <= dueAt) return;
    attempt.dueAt = dueAt;
    this.clock.clearTimeout(attempt.timer);
    attempt.timer = this.clock.setTimeout(onTimeout, delay);
  }

  /** Takes the request back from the node. It can be posted again. */
  withdraw(): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    if (!attempt) return;
    this.clock.clearTimeout(attempt.timer);
    attempt.abort.abort();
  }

  finish(answer: BoshAnswer): void {
    this.#end();
    this.#resolve(answer);
  }

  cancel(error: Error): void {
    this.#end();
    this.#reject(error);
  }

  #end(): void {
    this.withdraw();
    this.clock.clearTimeout(this.deadline);
  }
}
