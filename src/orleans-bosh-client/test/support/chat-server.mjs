// The smallest XMPP domain over BOSH that Strophe can log in at: ANONYMOUS, one session after the other, one held request, answers that can
// be repeated. All nodes of a scripted cluster share it.
const STREAM = "xmlns:stream='http://etherx.jabber.org/streams'";
const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const BIND = 'urn:ietf:params:xml:ns:xmpp-bind';

export class ChatServer {
  /** Every request, repeats too. */
  requests = [];
  /** The texts of the messages that arrived, each once. */
  messages = [];
  session;
  #waiters = [];
  #sessions = 0;

  constructor(cluster) {
    cluster.handler = (request) => this.#receive(request);
  }

  /** Resolves once `predicate` holds; it is asked again at each request. */
  until(predicate) {
    return new Promise((resolve) => {
      this.#waiters.push(() => {
        if (predicate()) resolve();
        return predicate();
      });
      this.#check();
    });
  }

  #check() {
    this.#waiters = this.#waiters.filter((waiter) => !waiter());
  }

  /** Forgets the session, as when its node dies before it could be saved. */
  lose() {
    const { held } = this.session;
    this.session = undefined;
    held?.answer("type='terminate' condition='item-not-found'");
  }

  get isHolding() {
    return this.session?.held !== undefined;
  }

  #receive(request) {
    this.requests.push(request);
    if (request.sid === undefined) this.#create(request);
    else if (request.sid !== this.session?.sid) request.answer("type='terminate' condition='item-not-found'");
    else this.#accept(request);
    this.#check();
  }

  #create(request) {
    this.session = { sid: `session-${++this.#sessions}`, nextRid: request.rid + 1, early: new Map(), answers: new Map() };
    request.answer(
      `sid='${this.session.sid}' wait='60' inactivity='30' requests='2' hold='1' host='${request.node.host}' ${STREAM}`,
      `<stream:features><mechanisms xmlns='${SASL}'><mechanism>ANONYMOUS</mechanism></mechanisms></stream:features>`,
    );
  }

  #accept(request) {
    const { session } = this;
    if (session.answers.has(request.rid)) request.answer(...session.answers.get(request.rid));
    else if (session.held?.rid === request.rid) session.held = request;
    else session.early.set(request.rid, request);
    for (let next = session.early.get(session.nextRid); next; next = session.early.get(session.nextRid)) {
      session.early.delete(session.nextRid++);
      this.#process(next);
    }
  }

  #process(request) {
    const { text } = request;
    const stanzas = [...text.matchAll(/<message[^>]*><body>([^<]*)/g)].map(([, message]) => message);
    this.messages.push(...stanzas);
    if (/^<body[^>]* type=["']terminate/.test(text)) this.#terminate(request);
    else if (text.includes('<auth')) this.#answer(request, `<success xmlns='${SASL}'/>`);
    else if (text.includes(':restart=')) this.#answer(request, `<stream:features><bind xmlns='${BIND}'/></stream:features>`);
    else if (text.includes(BIND)) {
      const id = /<iq[^>]*\sid=["']([^"']*)/.exec(text)[1];
      this.#answer(request, `<iq xmlns='jabber:client' type='result' id='${id}'><bind xmlns='${BIND}'><jid>${this.session.sid}@example.com/x</jid></bind></iq>`);
    } else this.#hold(request);
  }

  #terminate(request) {
    const { held } = this.session;
    this.session = undefined;
    held?.answer();
    request.answer("type='terminate'");
  }

  #hold(request) {
    const { held } = this.session;
    this.session.held = request;
    if (held) this.#answer(held, '');
  }

  #answer(request, children) {
    const answer = [`host='${request.node.host}' ${STREAM}`, children];
    this.session.answers.set(request.rid, answer);
    request.answer(...answer);
  }

  /** Sends stanzas to the client; it has to be waiting. */
  push(children) {
    const { held } = this.session;
    this.session.held = undefined;
    this.#answer(held, children);
  }
}
