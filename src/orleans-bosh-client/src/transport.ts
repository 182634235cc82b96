// Carries the requests of one BOSH client through the cluster. A request goes to the current node, and with the same bytes to another one
// whenever a node fails, until one answers; so the client above sees delay where it would have seen errors, and its session goes on.
import { type BodyAttributes, readBody, readSeconds, terminateBody } from './body.js';
import { type Clock, systemClock } from './clock.js';
import { Emitter, type TransportEvents } from './events.js';
import { type BoshAnswer, Exchange, type Outcome, type PostOptions } from './exchange.js';
import type { NodeList } from './node-list.js';
import { nodeName, swapHost } from './node-url.js';

export type { BoshAnswer, PostOptions } from './exchange.js';

/** All times are milliseconds. */
export interface TransportOptions {
  /** Which `host` of an answer is followed: each (`any`), only those whose URL stands in the list (`listed`), or `none`; `any`. */
  follow?: 'any' | 'listed' | 'none';
  /**
   * A node that owes an answer (to a login step, or to an older request when a newer one is there) and is silent for this long has failed,
   * and for twice as long the next time; 5 000.
   */
  answerTimeout?: number;
  /** How long a new session may take to begin, over all nodes; 30 000. */
  connectTimeout?: number;
  /** Longest pause after the first round in which all nodes failed, doubled with each round; 1 000. Half of it is random. */
  firstPause?: number;
  /** Bound of that pause; 15 000. */
  longestPause?: number;
  /** Age at which the list of nodes is asked for again; 300 000. */
  refreshAfter?: number;
  random?: () => number;
  clock?: Clock;
  fetch?: typeof fetch;
}

const DEFAULTS = {
  follow: 'any',
  answerTimeout: 5000,
  connectTimeout: 30_000,
  firstPause: 1000,
  longestPause: 15_000,
  refreshAfter: 300_000,
  random: () => Math.random(),
  clock: systemClock,
  fetch: ((input, init) => globalThis.fetch(input, init)) as typeof fetch,
} as const satisfies Required<TransportOptions>;

/** What the server said in its creation answer; the defaults serve a session that began elsewhere (attach, page reload). */
interface Session {
  sid?: string;
  wait: number;
  inactivity: number;
  hold: number;
}

const UNKNOWN_SESSION: Session = { wait: 60_000, inactivity: 60_000, hold: 1 };

/** Failures that follow each other share one look at the list. */
const LIST_PAUSE = 2000;

/** After these the session is gone by no fault of the user, who is served again after a new login. */
const GONE = new Set(['item-not-found', 'system-shutdown', 'internal-server-error', 'remote-connection-failed']);

export class BoshTransport extends Emitter<TransportEvents> {
  readonly #nodes: NodeList;
  readonly #options: Required<TransportOptions>;
  /** Unanswered requests and answers that wait for older ones, in the order of their rids. */
  #exchanges: Exchange[] = [];
  #session = UNKNOWN_SESSION;
  /** The session that ended, and what the server said then. */
  #over: { sid: string; answer: BoshAnswer } | undefined;
  #current: string | undefined;
  #servingHost: string | undefined;
  #failingSince: number | undefined;
  #round = 1;
  #pause: unknown;

  constructor(nodes: NodeList, options: TransportOptions = {}) {
    super();
    this.#nodes = nodes;
    this.#options = { ...DEFAULTS, ...options };
  }

  /** Where the next request goes, as far as that is decided. */
  get url(): string | undefined {
    return this.#current;
  }

  /**
   * Sends a `<body/>` and resolves to the answer of the cluster: HTTP 200, or a refusal below 500. Answers come in the order of the rids.
   * When no node answers for as long as the session can live, or a new session does not begin in time, the answer is one of this package:
   * a `terminate` with the condition `item-not-found`, or `undefined-condition`. Rejects only on `signal` and if `text` is no `<body/>`.
   */
  async post(text: string, options: PostOptions = {}): Promise<BoshAnswer> {
    const attributes = readBody(text);
    if (!attributes) throw new TypeError('This is no <body/>.');
    options.signal?.throwIfAborted();
    const { clock, fetch } = this.#options;
    const exchange = new Exchange(text, attributes, options, clock, fetch);
    const cancel = () => this.#cancel(exchange);
    options.signal?.addEventListener('abort', cancel, { once: true });
    this.#exchanges.push(exchange);
    this.#exchanges.sort((a, b) => a.rid - b.rid);
    exchange.deadline = clock.setTimeout(() => this.#giveUp(exchange), this.#lifetime(exchange));
    this.#sendWaiting();
    return exchange.promise.finally(() => options.signal?.removeEventListener('abort', cancel));
  }

  /** Ends a pause between two rounds. A page calls it when it knows more, for example on the browser's event `online`. */
  wake(): void {
    if (this.#pause !== undefined) this.#nextRound();
  }

  // Sending.

  /** Sends what is with no node, oldest first; starts a pause when there is no node to ask. Returns the length of that pause. */
  #sendWaiting(): number {
    const waiting = this.#exchanges.filter((exchange) => exchange.answer === undefined && exchange.url === undefined);
    if (waiting.length === 0 || this.#pause !== undefined) return 0;
    this.#current ??= this.#nodes.pick();
    const url = this.#current;
    if (url === undefined) return this.#startPause();
    for (const exchange of waiting) {
      void exchange.post(url, (outcome) => this.#take(exchange, url, outcome));
      this.#expect(exchange, exchange.isPrompt ? 0 : this.#session.wait);
    }
    for (const sid of new Set(waiting.map((exchange) => exchange.sid))) this.#hurry(sid);
    return 0;
  }

  #expect(exchange: Exchange, holding: number): void {
    const { answerTimeout } = this.#options;
    // A slow line must not look like a dead node for ever.
    const patience = Math.min(answerTimeout * 2 ** exchange.timeouts, this.#session.wait + answerTimeout);
    const { url } = exchange;
    exchange.expectWithin(holding + patience, () => {
      exchange.timeouts++;
      if (url !== undefined) this.#failOf(exchange, url, `no answer within ${(holding + patience) / 1000} s`);
    });
  }

  /** A server holds no more than `hold` requests: when there are more, it owes answers to the older ones at once. */
  #hurry(sid: string | undefined): void {
    const open = this.#exchanges.filter((exchange) => exchange.sid === sid && exchange.answer === undefined);
    for (const exchange of open.slice(0, Math.max(0, open.length - this.#session.hold))) this.#expect(exchange, 0);
  }

  #lifetime(exchange: Exchange): number {
    return exchange.sid === undefined ? this.#options.connectTimeout : this.#session.wait + this.#session.inactivity;
  }

  // Failing.

  #take(exchange: Exchange, url: string, outcome: Outcome): void {
    if ('error' in outcome) {
      this.#failOf(exchange, url, outcome.error);
    } else if (outcome.status >= 500) {
      this.#failOf(exchange, url, `HTTP ${outcome.status}`);
    } else {
      const attributes = readBody(outcome.text);
      if (outcome.status === 200 && !attributes) this.#failOf(exchange, url, 'the answer is no <body/>');
      else this.#answered(exchange, url, outcome, attributes ?? new Map());
    }
  }

  #failOf(exchange: Exchange, url: string, reason: string): void {
    // Nobody has anything to add about a session that ended.
    if (exchange.sid !== undefined && exchange.sid === this.#over?.sid) this.#settle(exchange, this.#over.answer);
    else this.#fail(url, reason);
  }

  /** Takes all requests back from a node, and sends them to another one. */
  #fail(url: string, reason: string): void {
    this.#failingSince ??= this.#options.clock.now();
    this.#nodes.fail(url);
    for (const exchange of this.#exchanges) if (exchange.url === url) exchange.withdraw();
    if (this.#current === url) this.#current = undefined;
    if (this.#pause !== undefined) return;
    void this.#nodes.refresh(LIST_PAUSE);
    const round = this.#round;
    const delay = this.#sendWaiting();
    const next = this.#current === undefined ? undefined : nodeName(this.#current);
    this.emit('retry', { host: nodeName(url), reason, next, delay, round });
  }

  #startPause(): number {
    const { firstPause, longestPause, random, clock } = this.#options;
    const longest = Math.min(longestPause, firstPause * 2 ** (this.#round - 1));
    // A part of chance, or all clients of a cluster that restarts come in the same moment.
    const delay = longest * (1 + random()) / 2;
    this.#pause = clock.setTimeout(() => this.#nextRound(), delay);
    return delay;
  }

  #nextRound(): void {
    this.#options.clock.clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#round++;
    this.#nodes.forgive();
    this.#sendWaiting();
  }

  #giveUp(exchange: Exchange): void {
    const { sid } = exchange;
    if (sid === undefined) {
      this.emit('unreachable', { reason: `no node let a session begin within ${this.#options.connectTimeout / 1000} s` });
      this.#settle(exchange, { status: 200, text: terminateBody('undefined-condition') });
    } else {
      this.#lose(sid, 'unreachable', { status: 200, text: terminateBody('item-not-found') });
      for (const other of this.#exchanges.filter((one) => one.sid === sid)) other.answer ??= this.#over?.answer;
      this.#release(sid);
    }
  }

  // Being answered.

  #answered(exchange: Exchange, url: string, answer: BoshAnswer, attributes: BodyAttributes): void {
    this.#nodes.restore(url);
    this.#round = 1;
    if (exchange.sid === undefined && attributes.has('sid')) this.#begin(exchange, attributes);
    this.#follow(url, attributes.get('host'));
    const isOver = answer.status !== 200 || attributes.get('type') === 'terminate';
    if (isOver && exchange.sid !== undefined) this.#end(exchange, exchange.sid, answer, attributes);
    else this.#resume(exchange, url);
    this.#settle(exchange, answer);
    void this.#nodes.refresh(this.#options.refreshAfter);
  }

  #begin(exchange: Exchange, attributes: BodyAttributes): void {
    const hold = Number(attributes.get('hold') ?? 1);
    this.#session = {
      sid: attributes.get('sid') as string,
      wait: readSeconds(attributes, 'wait') ?? readSeconds(readBody(exchange.text) as BodyAttributes, 'wait') ?? UNKNOWN_SESSION.wait,
      inactivity: readSeconds(attributes, 'inactivity') ?? UNKNOWN_SESSION.inactivity,
      hold: Number.isInteger(hold) && hold >= 0 ? hold : 1,
    };
    this.emit('session', { sid: this.#session.sid as string });
  }

  /** Goes where the owner of the session is, unless that node failed for us a moment ago: then another one is the way to it. */
  #follow(url: string, host: string | undefined): void {
    const { follow } = this.#options;
    const target = host === undefined || follow === 'none' ? undefined : swapHost(url, host);
    const isGood = target !== undefined && !this.#nodes.isFailed(target) && (follow === 'any' || this.#nodes.urls.includes(target));
    if (isGood) this.#current = target;
    else this.#current ??= url;
    const serving = this.#current as string;
    const name = nodeName(serving);
    if (name === this.#servingHost) return;
    const previous = this.#servingHost;
    this.#servingHost = name;
    this.emit('node', { host: name, url: serving, previous });
  }

  #resume(exchange: Exchange, url: string): void {
    if (this.#failingSince === undefined) return;
    const downtime = this.#options.clock.now() - this.#failingSince;
    this.#failingSince = undefined;
    if (exchange.sid !== undefined) this.emit('resumed', { host: nodeName(url), url, downtime });
  }

  // Ending.

  #end(exchange: Exchange, sid: string, answer: BoshAnswer, attributes: BodyAttributes): void {
    const condition = answer.status === 404 ? 'item-not-found' : attributes.get('condition');
    const isExpected = this.#exchanges.some((one) => one.sid === sid && one.isTerminate);
    if (condition !== undefined && GONE.has(condition) && !isExpected) {
      this.#lose(sid, condition, answer);
      if (condition === 'system-shutdown' && this.#current !== undefined) this.#leave(this.#current);
    }
    this.#over = { sid, answer };
    // Older requests are answered before the end, but on another connection: what they bring may be a moment late.
    for (const older of this.#exchanges) {
      if (older.sid !== sid || older.rid >= exchange.rid || older.answer !== undefined) continue;
      older.expectWithin(this.#options.answerTimeout, () => this.#settle(older, answer));
    }
  }

  #lose(sid: string, condition: string, answer: BoshAnswer): void {
    const isKnown = this.#over?.sid === sid;
    this.#over = { sid, answer };
    this.#failingSince = undefined;
    if (!isKnown) this.emit('lost', { condition, sid });
  }

  /** A node that says farewell is not the one to log in at. */
  #leave(url: string): void {
    this.#nodes.fail(url);
    this.#current = this.#nodes.pick() ?? url;
    void this.#nodes.refresh(LIST_PAUSE);
  }

  #settle(exchange: Exchange, answer: BoshAnswer): void {
    exchange.answer = answer;
    exchange.withdraw();
    this.#release(exchange.sid);
  }

  /** Hands out answers, never one before the answer to an older request: on two connections they arrive as chance will have it. */
  #release(sid: string | undefined): void {
    for (const exchange of this.#exchanges.filter((one) => one.sid === sid)) {
      if (exchange.answer === undefined) {
        if (sid === undefined) continue;
        break;
      }
      this.#remove(exchange);
      exchange.finish(exchange.answer);
    }
  }

  #cancel(exchange: Exchange): void {
    this.#remove(exchange);
    exchange.cancel(new DOMException('The request was given up.', 'AbortError'));
    this.#release(exchange.sid);
  }

  #remove(exchange: Exchange): void {
    this.#exchanges = this.#exchanges.filter((one) => one !== exchange);
    if (this.#exchanges.length > 0 || this.#pause === undefined) return;
    // Nobody waits for an answer any more.
    this.#options.clock.clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#nodes.forgive();
  }
}
