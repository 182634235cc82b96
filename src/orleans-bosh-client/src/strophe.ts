// The hook into Strophe, whose own repeating it replaces; README.md says why it is here and not at another place.
import { type Clock, systemClock } from './clock.js';
import type { BoshAnswer } from './exchange.js';
import type { BoshTransport } from './transport.js';

/** The part of a `Strophe.Connection` that is used; all of it is the same in Strophe 3 to 5 and in the one within Converse 14. */
export interface StropheConnection {
  /** Typed loosely: the library declares it as one of several transports. */
  _proto: object;
  options: object;
  connected: boolean;
  xmlOutput?: (element: Element) => void;
  rawOutput?: (data: string) => void;
}

interface StropheRequest {
  xmlData: Element & { children: ArrayLike<Element> };
  data: string;
  sends: number;
  xhr: object;
  func(request: StropheRequest): void;
}

interface StropheBosh {
  _requests: StropheRequest[];
  _processRequest(index: number): void;
  strip?: boolean | string;
}

interface ConnectionOptions {
  contentType?: string;
  customHeaders?: Record<string, string>;
  withCredentials?: boolean;
}

export interface StropheOptions {
  /**
   * Called when a session is lost and Strophe has disconnected; logs in again, for example by `connection.connect(jid, password, …)`.
   * Leave it out where something else logs in again, as Converse does.
   */
  login?: () => void;
  /** Milliseconds between two such logins at the least, doubled while sessions do not last; 1 000. Half of it is random. */
  loginPause?: number;
  random?: () => number;
  clock?: Clock;
}

/** What Strophe reads of an XMLHttpRequest. Its state goes from sent to answered, and never to failed. */
class RoutedRequest {
  readyState = 1;
  status = 0;
  responseText = '';
  responseXML: Document | null = null;
  onreadystatechange: () => void = () => {};
  readonly #abort = new AbortController();

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  abort(): void {
    this.#abort.abort();
  }

  getAllResponseHeaders(): string {
    return '';
  }

  complete({ status, text }: BoshAnswer): void {
    this.readyState = 4;
    this.status = status;
    this.responseText = text;
    const document = new DOMParser().parseFromString(text, 'text/xml');
    // As a browser has it: no document where there is none. Strophe then looks at the text and says what is wrong.
    this.responseXML = document.documentElement?.localName === 'body' ? document : null;
    this.onreadystatechange();
  }
}

/**
 * Sends all requests of a Strophe connection through the transport, from now on. Call it after the connection is made and before `connect`,
 * `attach` or `restore`. Returns what undoes it.
 */
export function useTransport(connection: StropheConnection, transport: BoshTransport, options: StropheOptions = {}): () => void {
  const bosh = connection._proto as StropheBosh;
  if (typeof bosh?._processRequest !== 'function' || !Array.isArray(bosh._requests)) {
    throw new TypeError('This connection does not use the BOSH of Strophe 3, 4 or 5.');
  }
  const login = options.login && new Login(options.login, () => !connection.connected && bosh._requests.length === 0, options);
  const subscriptions = login ? [
    transport.on('session', () => login.began()),
    transport.on('lost', () => login.lost()),
    transport.on('unreachable', () => login.failed()),
  ] : [];
  bosh._processRequest = (index) => {
    const request = bosh._requests[index];
    // On its way already: Strophe asks again and again, and repeats nothing any more.
    if (!request || request.xhr instanceof RoutedRequest) return;
    send(connection, bosh, transport, request, () => login?.answered());
  };
  return () => {
    // The method of the prototype shows again.
    delete (bosh as Partial<StropheBosh>)._processRequest;
    for (const unsubscribe of subscriptions) unsubscribe();
    login?.cancel();
  };
}

function send(
  connection: StropheConnection, bosh: StropheBosh, transport: BoshTransport, request: StropheRequest, onAnswered: () => void,
): void {
  const { contentType, customHeaders, withCredentials } = connection.options as ConnectionOptions;
  const routed = new RoutedRequest();
  routed.onreadystatechange = () => request.func(request);
  request.xhr = routed;
  // `date` stays unset, so that the request never grows old: Strophe's time-outs belong to the transport now.
  request.sends++;
  const { xmlData } = request;
  connection.xmlOutput?.(bosh.strip && xmlData.nodeName === 'body' && xmlData.childNodes.length ? xmlData.children[0] as Element : xmlData);
  connection.rawOutput?.(request.data);
  transport.post(request.data, {
    headers: { ...(contentType && { 'Content-Type': contentType }), ...customHeaders },
    withCredentials: withCredentials ?? false,
    signal: routed.signal,
  }).then(
    (answer) => {
      // Strophe may have given it up between the answer and now.
      if (!routed.signal.aborted) routed.complete(answer);
      onAnswered();
    },
    (error: unknown) => {
      if (!routed.signal.aborted) throw error;
    },
  );
}

/** Logs in again, but not in a tight loop where sessions end as soon as they begin. */
class Login {
  readonly #login: () => void;
  readonly #isFree: () => boolean;
  readonly #pause: number;
  readonly #random: () => number;
  readonly #clock: Clock;
  #lastAt = Number.NEGATIVE_INFINITY;
  #inARow = 0;
  /** Whether a session is lost and no other one began. */
  #isNeeded = false;
  #timer: unknown;

  constructor(login: () => void, isFree: () => boolean, { loginPause, random, clock }: StropheOptions) {
    this.#login = login;
    this.#isFree = isFree;
    this.#pause = loginPause ?? 1000;
    this.#random = random ?? Math.random;
    this.#clock = clock ?? systemClock;
  }

  began(): void {
    this.#isNeeded = false;
  }

  lost(): void {
    this.#isNeeded = true;
    // Sessions that lasted a minute are no loop.
    this.#inARow = this.#clock.now() - this.#lastAt > 60_000 ? 0 : this.#inARow + 1;
  }

  /** A login did not come through; one that the page began itself is the page's to repeat. */
  failed(): void {
    if (this.#isNeeded) this.#inARow++;
  }

  /** Strophe has heard an answer; if it was the end of the session, it has disconnected by now. */
  answered(): void {
    if (!this.#isNeeded || this.#timer !== undefined || !this.#isFree()) return;
    const longest = this.#inARow === 0 ? 0 : Math.min(60_000, this.#pause * 2 ** (this.#inARow - 1));
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      // The page may have been faster.
      if (!this.#isFree()) return;
      this.#lastAt = this.#clock.now();
      this.#login();
    }, longest * (1 + this.#random()) / 2);
  }

  cancel(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#isNeeded = false;
  }
}
