// Strophe.js 5 as it runs in browsers. See run.mjs.
import './xhr.mjs';
import { DOMParser } from '@xmldom/xmldom';
import { $iq, $msg, $pres, Strophe } from 'strophe.js';
import { bare, Person } from './person.mjs';

Strophe.setLogLevel(Strophe.LogLevel.FATAL);

const { Status } = Strophe;
const FAILURES = [Status.AUTHFAIL, Status.CONNFAIL, Status.ERROR, Status.DISCONNECTED];
const MECHANISMS = {
  ANONYMOUS: Strophe.SASLAnonymous,
  PLAIN: Strophe.SASLPlain,
  'SCRAM-SHA-1': Strophe.SASLSHA1,
  'SCRAM-SHA-256': Strophe.SASLSHA256,
  'SCRAM-SHA-512': Strophe.SASLSHA512,
};

export class Client extends Person {
  /** Logs in by the mechanism, or by what the library likes best; returns its name. */
  async connect(mechanism) {
    this.connection = new Strophe.Connection(this.url, { keepalive: false, mechanisms: mechanism && [MECHANISMS[mechanism]] });
    await new Promise((resolve, reject) => {
      this.connection.connect(this.jid, this.password, (status, condition) => {
        if (status === Status.CONNECTED) resolve();
        if (FAILURES.includes(status)) reject(new Error(`${this.jid}: status ${status} ${condition}`));
        if (status === Status.DISCONNECTED) (this.onDisconnected ?? this.onFailed)?.(new Error(`${this.jid}: the connection ended`));
      });
    });
    this.fullJid = this.connection.jid;
    this.connection.addHandler((stanza) => this.#take(stanza));
    return this.connection._sasl_mechanism.mechname;
  }

  say(to, text) {
    this.connection.send($msg({ to, type: 'chat', id: this.connection.getUniqueId() }).c('body').t(text));
  }

  sendXml(xml) {
    this.connection.send(new DOMParser().parseFromString(xml, 'text/xml').documentElement);
  }

  sendPresence(attributes = {}) {
    this.connection.send($pres(attributes));
  }

  async roster() {
    const answer = await this.#ask($iq({ type: 'get' }).c('query', { xmlns: 'jabber:iq:roster' }));
    return [...answer.getElementsByTagName('item')].map((item) => ({
      jid: item.getAttribute('jid'), name: item.getAttribute('name'), subscription: item.getAttribute('subscription'),
    }));
  }

  addContact(jid, name) {
    return this.#ask($iq({ type: 'set' }).c('query', { xmlns: 'jabber:iq:roster' }).c('item', { jid, name }));
  }

  ping() {
    return this.#ask($iq({ type: 'get', to: this.domain }).c('ping', { xmlns: 'urn:xmpp:ping' }));
  }

  disconnect() {
    return new Promise((resolve) => {
      this.onDisconnected = resolve;
      this.connection.disconnect('done');
    });
  }

  #take(stanza) {
    const from = bare(stanza.getAttribute('from') ?? '');
    if (stanza.nodeName === 'presence') this.took(this.presences, { from, type: stanza.getAttribute('type') || 'available' });
    const body = stanza.nodeName === 'message' && stanza.getElementsByTagName('body')[0];
    if (body) this.took(this.messages, { from, text: body.textContent });
    return true;
  }

  #ask(iq) {
    return new Promise((resolve, reject) => {
      this.connection.sendIQ(iq, resolve, (error) => reject(new Error(Strophe.serialize(error))));
    });
  }
}
