import { BoshTransport, NodeList } from '../../dist/index.js';
import { FakeClock } from './fake-clock.mjs';
import { ScriptedCluster } from './scripted-cluster.mjs';

export const SID = 'b3f1';
export const CREATION = "<body xmlns='http://jabber.org/protocol/httpbind' rid='100' to='example.com' wait='60' hold='1' ver='1.6'/>";
export const CREATED = `sid='${SID}' wait='60' inactivity='30' requests='2' hold='1'`;

/** A request of the session, with bytes that no serializer would make twice. */
export function body(rid, attributes = '', content = `<message to='a@b' xmlns='jabber:client'><body>é&#x20AC; ${rid}</body></message>`) {
  return `<body  rid='${rid}' sid="${SID}" ${attributes} xmlns='http://jabber.org/protocol/httpbind'>${content}</body>`;
}

/** Nodes, a transport over them that asks the first one first, a clock, and what the transport tells. */
export async function setUp(t, { count = 3, nodes = {}, transport = {} } = {}) {
  const cluster = await ScriptedCluster.start(count);
  t.after(() => cluster.stop());
  const clock = new FakeClock();
  const random = () => 0;
  const list = new NodeList({ nodes: cluster.urls, random, clock, ...(typeof nodes === 'function' ? nodes(cluster) : nodes) });
  const bosh = new BoshTransport(list, { random, clock, ...transport });
  const events = [];
  for (const name of ['session', 'node', 'retry', 'resumed', 'lost', 'unreachable']) bosh.on(name, (event) => events.push({ name, ...event }));
  const told = (name) => events.filter((event) => event.name === name);
  return { cluster, clock, list, bosh, events, told };
}

/** The same, with a session at the first node. */
export async function setUpSession(t, options) {
  const all = await setUp(t, options);
  const created = all.bosh.post(CREATION);
  (await all.cluster.next()).answer(CREATED);
  await created;
  return all;
}

/** The next event of this name. */
export function event(bosh, name) {
  return new Promise((resolve) => {
    const stop = bosh.on(name, (value) => {
      stop();
      resolve(value);
    });
  });
}
