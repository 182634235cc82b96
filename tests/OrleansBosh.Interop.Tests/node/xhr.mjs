// What Strophe's BOSH needs of a browser and Node.js has not: XMLHttpRequest, with the parsed answer in responseXML. Its answers are told in
// the order of the rids: see order.mjs.
import { webcrypto } from 'node:crypto';
import { DOMParser } from '@xmldom/xmldom';
import xhr from 'xmlhttprequest-ssl';
import { expectAnswer } from './order.mjs';

// Node.js 18, which Debian 12 has, knows it only by its module.
globalThis.crypto ??= webcrypto;

const DONE = 4;

globalThis.XMLHttpRequest = class extends xhr.XMLHttpRequest {
  #handler;
  #end;

  constructor() {
    super();
    // The base class makes these properties of the instance, so they cannot be overridden in the class.
    Object.defineProperties(this, {
      responseXML: {
        get: () => (this.responseText ? new DOMParser().parseFromString(this.responseText, 'text/xml') : null),
        set: () => {},
      },
      onreadystatechange: {
        get: () => (this.readyState === DONE ? () => this.#end(() => this.#handler?.(), this.status === 200) : this.#handler),
        set: (handler) => { this.#handler = handler; },
      },
    });
    const { send } = this;
    this.send = (data) => {
      this.#end = expectAnswer(data);
      send.call(this, data);
    };
  }
};
