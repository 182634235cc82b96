// What Strophe's BOSH needs of a browser and Node.js has not: XMLHttpRequest, with the parsed answer in responseXML.
import { DOMParser } from '@xmldom/xmldom';
import xhr from 'xmlhttprequest-ssl';

globalThis.XMLHttpRequest = class extends xhr.XMLHttpRequest {
  constructor() {
    super();
    Object.defineProperty(this, 'responseXML', {
      get: () => (this.responseText ? new DOMParser().parseFromString(this.responseText, 'text/xml') : null),
      // The base class writes an empty string here and never more.
      set: () => {},
    });
  }
};
