// stanza.js 12 over BOSH. See run.mjs.
import './fetch.mjs';
import stanza from 'stanza';
import { bare, Person } from './person.mjs';

const MECHANISMS = [
  'EXTERNAL', 'SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', 'SCRAM-SHA-1-PLUS', 'SCRAM-SHA-1', 'DIGEST-MD5', 'OAUTHBEARER', 'X-OAUTH2', 'PLAIN',
  'ANONYMOUS',
];

export class Client extends Person {
  /** Logs in by the mechanism, or by what the library likes best; returns its name. */
  async connect(mechanism) {
    this.client = stanza.createClient({
      jid: this.jid,
      server: this.domain,
      password: this.name && this.password,
      transports: { bosh: this.url, websocket: false },
    });
    if (mechanism) MECHANISMS.filter((name) => name !== mechanism).forEach((name) => this.client.sasl.disable(name));
    let used;
    this.client.on('raw:outgoing', (xml) => { used ??= /\smechanism=["']([^"']+)/.exec(xml)?.[1]; });
    this.client.on('message', (message) => {
      if (message.body !== undefined) this.took(this.messages, { from: bare(message.from), text: message.body });
    });
    this.client.on('presence', (presence) => {
      this.took(this.presences, { from: bare(presence.from ?? ''), type: presence.type ?? 'available' });
    });
    await new Promise((resolve, reject) => {
      this.client.once('session:started', resolve);
      this.client.once('auth:failed', () => reject(new Error(`${this.jid}: the login failed`)));
      this.client.on('disconnected', () => {
        reject(new Error(`${this.jid}: the connection ended`));
        if (!this.isLeaving) this.onFailed?.(new Error(`${this.jid}: the connection ended`));
      });
      this.client.connect();
    });
    this.fullJid = this.client.jid;
    return used;
  }

  say(to, text) {
    this.client.sendMessage({ to, type: 'chat', body: text });
  }

  sendXml(xml) {
    this.client.transport.write(xml);
  }

  sendPresence(attributes = {}) {
    this.client.sendPresence(attributes);
  }

  async roster() {
    return (await this.client.getRoster()).items.map(({ jid, name, subscription }) => ({ jid, name, subscription }));
  }

  addContact(jid, name) {
    return this.client.updateRosterItem({ jid, name });
  }

  ping() {
    return this.client.ping(this.domain);
  }

  disconnect() {
    this.isLeaving = true;
    return new Promise((resolve) => {
      this.client.once('disconnected', resolve);
      this.client.disconnect();
    });
  }
}
