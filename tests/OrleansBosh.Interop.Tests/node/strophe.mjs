// Strophe.js 5 as it runs in browsers: two accounts log in by SCRAM, become contacts, exchange messages both ways, ping and leave.
// Usage: node strophe.mjs BOSH-URL DOMAIN. Prints one line of JSON; exit code 0 only if everything came as expected.
import './xhr.mjs';
import { $iq, $msg, $pres, Strophe } from 'strophe.js';
import { register } from './register.mjs';

const MESSAGES = 50;
const LIMIT_MS = 60_000;
const ROSTER = 'jabber:iq:roster';

const [url, domain] = process.argv.slice(2);
const run = Date.now().toString(36);

Strophe.setLogLevel(Strophe.LogLevel.WARN);

// Whatever hangs, the caller hears where.
let step = 'start';
setTimeout(() => fail(new Error(`nothing happened for ${LIMIT_MS} ms`)), LIMIT_MS).unref();
process.on('unhandledRejection', fail);

function fail(error) {
  console.log(JSON.stringify({ ok: false, step, error: String(error?.stack ?? error) }));
  process.exit(1);
}

/** A logged-in account; what it receives can be awaited. */
class Person {
  stanzas = [];
  waiters = [];
  statuses = [];

  constructor(name) {
    this.name = `${name}-${run}`;
    this.password = `pä55-${name}`;
    this.jid = `${this.name}@${domain}`;
    this.connection = new Strophe.Connection(url, { keepalive: false });
  }

  async connect() {
    await register(url, domain, this.name, this.password);
    await new Promise((resolve, reject) => {
      this.connection.connect(this.jid, this.password, (status, condition) => {
        this.statuses.push(status);
        if (status === Strophe.Status.CONNECTED) resolve();
        if ([Strophe.Status.AUTHFAIL, Strophe.Status.CONNFAIL, Strophe.Status.ERROR].includes(status)) reject(new Error(`${this.name}: ${condition}`));
        if (status === Strophe.Status.DISCONNECTED) this.onDisconnected?.();
      });
    });
    this.connection.addHandler((stanza) => {
      this.stanzas.push(stanza);
      this.waiters = this.waiters.filter((waiter) => !waiter());
      return true;
    });
    return this;
  }

  /** All stanzas so far and to come that the predicate selects, once there are so many. */
  receive(predicate, count = 1) {
    return new Promise((resolve) => {
      const check = () => {
        const found = this.stanzas.filter(predicate);
        if (found.length < count) return false;
        resolve(found);
        return true;
      };
      if (!check()) this.waiters.push(check);
    });
  }

  iq(stanza) {
    return new Promise((resolve, reject) => {
      this.connection.sendIQ(stanza, resolve, (error) => reject(new Error(error ? Strophe.serialize(error) : 'no answer')), 10_000);
    });
  }

  presence(attributes) {
    this.connection.send($pres(attributes));
  }

  disconnect() {
    return new Promise((resolve) => {
      this.onDisconnected = resolve;
      this.connection.disconnect('done');
    });
  }
}

const isPresence = (from, type = null) => (stanza) => stanza.nodeName === 'presence'
  && Strophe.getBareJidFromJid(stanza.getAttribute('from')) === from && (stanza.getAttribute('type') || null) === type;
const isChat = (from) => (stanza) => stanza.nodeName === 'message' && stanza.getAttribute('type') === 'chat'
  && Strophe.getBareJidFromJid(stanza.getAttribute('from')) === from;
const text = (message) => message.getElementsByTagName('body')[0].textContent;

async function exchange(from, to) {
  const texts = Array.from({ length: MESSAGES }, (_, i) => `${i}: <&> "ä€😀" from ${from.name}`);
  for (const body of texts) from.connection.send($msg({ to: to.jid, type: 'chat', id: `${from.name}-${body}` }).c('body').t(body));
  const received = (await to.receive(isChat(from.jid), MESSAGES)).map(text);
  if (JSON.stringify(received) !== JSON.stringify(texts)) throw new Error(`${to.name} received ${JSON.stringify(received)}`);
}

step = 'log in';
const juliet = await new Person('juliet').connect();
const romeo = await new Person('romeo').connect();
const mechanism = juliet.connection._sasl_mechanism?.mechname ?? juliet.connection.mechanism?.mechname;
if (!/^SCRAM-/.test(mechanism)) throw new Error(`logged in by ${mechanism}`);

step = 'empty roster';
for (const person of [juliet, romeo]) {
  const roster = await person.iq($iq({ type: 'get' }).c('query', { xmlns: ROSTER }));
  if (roster.getElementsByTagName('item').length !== 0) throw new Error('a new account has contacts');
  person.presence({});
}

step = 'subscribe';
await juliet.iq($iq({ type: 'set' }).c('query', { xmlns: ROSTER }).c('item', { jid: romeo.jid, name: 'Romeo' }));
juliet.presence({ to: romeo.jid, type: 'subscribe' });
await romeo.receive(isPresence(juliet.jid, 'subscribe'));
romeo.presence({ to: juliet.jid, type: 'subscribed' });
romeo.presence({ to: juliet.jid, type: 'subscribe' });
await juliet.receive(isPresence(romeo.jid, 'subscribe'));
juliet.presence({ to: romeo.jid, type: 'subscribed' });

step = 'presence';
await Promise.all([juliet.receive(isPresence(romeo.jid)), romeo.receive(isPresence(juliet.jid))]);

step = 'roster';
const items = (await juliet.iq($iq({ type: 'get' }).c('query', { xmlns: ROSTER }))).getElementsByTagName('item');
if (items.length !== 1 || items[0].getAttribute('subscription') !== 'both' || items[0].getAttribute('name') !== 'Romeo') {
  throw new Error(`roster: ${[...items].map((item) => Strophe.serialize(item))}`);
}

step = 'messages';
await Promise.all([exchange(juliet, romeo), exchange(romeo, juliet)]);

step = 'ping';
await juliet.iq($iq({ type: 'get', to: domain }).c('ping', { xmlns: 'urn:xmpp:ping' }));

step = 'disconnect';
await juliet.disconnect();
await romeo.receive(isPresence(juliet.jid, 'unavailable'));
await romeo.disconnect();

console.log(JSON.stringify({ ok: true, mechanism, messages: 2 * MESSAGES }));
process.exit(0);
