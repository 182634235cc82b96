// In-band registration (XEP-0077) over BOSH, before anybody is logged in. Converse has a form for it, but a long one that asks for the
// server first; this page knows its server, and a name and a password are all that it needs.
import { BoshTransport } from '../orleans-bosh-client/index.js';

const HTTPBIND = 'http://jabber.org/protocol/httpbind';
const WAIT_SECONDS = 10;

/** Creates an account at any of the nodes; throws an Error whose message can be shown to the person. */
export async function register(nodes, domain, name, password) {
  const session = new Exchange(nodes);
  let answer = await session.post({
    to: domain, wait: WAIT_SECONDS, hold: 1, ver: '1.6', 'xml:lang': 'en', 'xmpp:version': '1.0', 'xmlns:xmpp': 'urn:xmpp:xbosh',
  });
  session.sid = answer.getAttribute('sid');
  try {
    // A server may answer the creation first and bring the features later.
    for (let i = 0; i < 3 && !find(answer, 'features'); i++) answer = await session.post({});
    if (!find(answer, 'register', 'http://jabber.org/features/iq-register')) throw new Error('This server does not create accounts.');
    const iq = document.implementation.createDocument('jabber:client', 'iq');
    iq.documentElement.setAttribute('type', 'set');
    iq.documentElement.setAttribute('id', 'register');
    iq.documentElement.setAttribute('to', domain);
    const query = iq.documentElement.appendChild(iq.createElementNS('jabber:iq:register', 'query'));
    query.appendChild(iq.createElementNS('jabber:iq:register', 'username')).textContent = name;
    query.appendChild(iq.createElementNS('jabber:iq:register', 'password')).textContent = password;
    answer = await session.post({}, iq.documentElement);
    for (let i = 0; i < 3 && !find(answer, 'iq'); i++) answer = await session.post({});
    check(find(answer, 'iq'));
  } finally {
    // Nobody waits for the end of this session, and a failure of it changes nothing.
    session.post({ type: 'terminate' }).catch(() => {});
  }
}

function check(iq) {
  if (iq?.getAttribute('type') === 'result') return;
  const condition = iq?.querySelector('error > *')?.localName;
  if (condition === 'conflict') throw new Error('This name is taken. Please choose another one.');
  if (condition === 'jid-malformed' || condition === 'bad-request') throw new Error('This name cannot be used: letters and digits are safe, spaces and @ are not.');
  if (condition === 'not-acceptable') throw new Error('The server does not accept this name or password. Please try a longer one.');
  if (condition === 'resource-constraint' || condition === 'policy-violation') throw new Error('Too many new accounts at the moment. Please try again later.');
  if (condition === 'not-allowed' || condition === 'forbidden') throw new Error('This server does not create accounts.');
  const text = iq?.querySelector('error > text')?.textContent;
  throw new Error(text || 'The account could not be created. Please try again.');
}

function find(body, localName, namespace = '*') {
  return body.getElementsByTagNameNS(namespace, localName)[0];
}

/** One request after the other, which is all that a registration needs. */
class Exchange {
  rid = Math.floor(Math.random() * 2 ** 31) + 1;

  constructor(nodes) {
    this.transport = new BoshTransport(nodes);
  }

  async post(attributes, child) {
    const request = document.implementation.createDocument(HTTPBIND, 'body');
    const body = request.documentElement;
    body.setAttribute('rid', this.rid++);
    if (this.sid) body.setAttribute('sid', this.sid);
    for (const [attribute, value] of Object.entries(attributes)) {
      if (attribute.startsWith('xmlns:')) body.setAttributeNS('http://www.w3.org/2000/xmlns/', attribute, value);
      else if (attribute.startsWith('xml:')) body.setAttributeNS('http://www.w3.org/XML/1998/namespace', attribute, value);
      else if (attribute.startsWith('xmpp:')) body.setAttributeNS('urn:xmpp:xbosh', attribute, value);
      else body.setAttribute(attribute, value);
    }
    if (child) body.appendChild(request.importNode(child, true));

    const response = await this.transport.post(new XMLSerializer().serializeToString(request), {
      signal: AbortSignal.timeout((WAIT_SECONDS + 10) * 1000),
    }).catch(() => null);
    if (response?.status !== 200) throw new Error('The server does not answer. Is it running?');
    const answer = new DOMParser().parseFromString(response.text, 'text/xml').documentElement;
    if (answer.localName !== 'body') throw new Error('The server answered something that is not chat.');
    if (answer.getAttribute('type') === 'terminate' && attributes.type !== 'terminate') {
      throw new Error(`The server ended the registration (${answer.getAttribute('condition') ?? 'no reason given'}).`);
    }
    return answer;
  }
}
