// What Strophe's BOSH needs of a browser and Node.js has not: XMLHttpRequest, with the parsed answer in responseXML.
import { webcrypto } from 'node:crypto';
import { DOMParser } from '@xmldom/xmldom';
import xhr from 'xmlhttprequest-ssl';

// Node.js 18, which Debian 12 has, knows it only by its module.
globalThis.crypto ??= webcrypto;

const DONE = 4;

// Requests that were sent and whose end was not yet told, oldest first, by session.
const open = new Map();

/**
 * Tells the ends of a session's requests in the order of their sending. The server answers in that order too, but on two connections, and
 * Strophe takes the answers as it happens to read them; then the texts of a burst would be out of order now and then, by no fault of the
 * server.
 */
globalThis.XMLHttpRequest = class extends xhr.XMLHttpRequest {
  #handler;
  #isOver = false;

  constructor() {
    super();
    // The base class makes these properties of the instance, so they cannot be overridden in the class.
    Object.defineProperties(this, {
      responseXML: {
        get: () => (this.responseText ? new DOMParser().parseFromString(this.responseText, 'text/xml') : null),
        set: () => {},
      },
      onreadystatechange: {
        get: () => (this.readyState === DONE ? () => this.#finish() : this.#handler),
        set: (handler) => { this.#handler = handler; },
      },
    });
    const { send } = this;
    this.send = (data) => {
      this.queue = openOf(/\ssid="([^"]+)"/.exec(data)?.[1]);
      this.queue.push(this);
      send.call(this, data);
    };
  }

  #finish() {
    this.#isOver = true;
    while (this.queue[0]?.#isOver) this.queue.shift().#handler?.();
  }
};

function openOf(sid) {
  // A creation has no session yet and nothing to wait for.
  if (!sid) return [];
  if (!open.has(sid)) open.set(sid, []);
  return open.get(sid);
}
