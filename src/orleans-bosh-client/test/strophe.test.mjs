// Real Strophe, in the versions that pages use, through the transport. Strophe 4 is between them and the one within Converse.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { BoshTransport, NodeList, useTransport } from '../dist/index.js';
import { ChatServer } from './support/chat-server.mjs';
import { event } from './support/setup.mjs';
import { ScriptedCluster } from './support/scripted-cluster.mjs';

globalThis.crypto ??= webcrypto;
// Strophe makes one for each request; none of them may be used any more.
globalThis.XMLHttpRequest = class {
  open() {
    throw new Error('Strophe sent a request by itself.');
  }
};

// A machine that is busy with other things must not look like a node that is dead.
const LIMIT_MS = 60_000;

// The newer one first: it brings the DOM that the older one expects of its surroundings.
const versions = [['5', await import('strophe.js')], ['3', await import('strophe3')]];

for (const [version, { Strophe, $msg }] of versions) {
  const { Status } = Strophe;

  async function setUp(t, { count = 3, login } = {}) {
    Strophe.setLogLevel(Strophe.LogLevel.FATAL);
    const cluster = await ScriptedCluster.start(count);
    t.after(() => cluster.stop());
    const server = new ChatServer(cluster);
    const bosh = new BoshTransport(new NodeList({ nodes: cluster.urls, random: () => 0 }), { random: () => 0, answerTimeout: LIMIT_MS });
    const connection = new Strophe.Connection(cluster.urls[0]);
    const received = [];
    const statuses = [];
    let waiters = [];
    const onStatus = (status) => {
      statuses.push(status);
      if (status === Status.CONNECTED) {
        connection.addHandler((stanza) => {
          received.push(stanza.getElementsByTagName('body')[0].textContent);
          waiters = waiters.filter((waiter) => !waiter());
          return true;
        }, null, 'message');
        // As pages do it; the next poll is held.
        connection.send($msg({ to: 'juliet@example.com' }).c('body').t('hello'));
      }
      waiters = waiters.filter((waiter) => !waiter());
    };
    const connect = () => connection.connect('example.com', null, onStatus);
    const undo = useTransport(connection, bosh, { random: () => 0, loginPause: 10, ...(login && { login: connect }) });
    t.after(() => {
      undo();
      connection._proto._abortAllRequests();
      clearTimeout(connection._idleTimeout);
      clearTimeout(connection._disconnectTimeout);
    });
    const until = (predicate) => new Promise((resolve) => {
      const waiter = () => {
        if (predicate()) resolve();
        return predicate();
      };
      if (!waiter()) waiters.push(waiter);
    });
    connect();
    await until(() => statuses.includes(Status.CONNECTED));
    await server.until(() => server.messages.includes('hello') && server.isHolding);
    return { cluster, server, bosh, connection, statuses, received, until, undo };
  }

  const message = (text) => `<message xmlns='jabber:client' from='juliet@example.com'><body>${text}</body></message>`;

  test(`Strophe ${version}: logs in, sends and receives`, async (t) => {
    const { server, connection, received, until } = await setUp(t);
    connection.send($msg({ to: 'juliet@example.com' }).c('body').t('one'));
    await server.until(() => server.messages.includes('one'));
    server.push(message('two'));
    await until(() => received.length === 1);
    assert.deepEqual(received, ['two']);
  });

  test(`Strophe ${version}: goes on with the same session when its node is killed`, async (t) => {
    const { cluster, server, bosh, connection, statuses, received, until } = await setUp(t);
    const { held, sid } = server.session;
    assert.equal(held.node.host, '127.0.0.1');
    const before = statuses.length;
    await cluster.nodes[0].stop();
    await server.until(() => server.session.held.node.host === '127.0.0.2');
    assert.deepEqual(server.session.held.bytes, held.bytes);
    assert.equal(server.session.held.rid, held.rid);

    const resumed = event(bosh, 'resumed');
    server.push(message('meanwhile'));
    await until(() => received.length === 1);
    assert.equal((await resumed).host, '127.0.0.2');
    connection.send($msg({ to: 'juliet@example.com' }).c('body').t('after'));
    await server.until(() => server.messages.includes('after'));
    assert.deepEqual(received, ['meanwhile']);
    assert.equal(server.session.sid, sid);
    // Strophe noticed nothing.
    assert.equal(statuses.length, before);
    assert.equal(connection._proto.errors, 0);
  });

  test(`Strophe ${version}: two open requests go on, and nothing is sent or shown twice`, async (t) => {
    const { cluster, server, connection, received, until } = await setUp(t);
    // The server answers neither: it dies with both.
    const { handler } = cluster;
    const silent = [];
    const both = new Promise((resolve) => {
      cluster.handler = (request) => {
        silent.push(request);
        resolve();
      };
    });
    const { held } = server.session;
    connection.send($msg({ to: 'juliet@example.com' }).c('body').t('in flight'));
    await both;
    cluster.handler = handler;
    await cluster.nodes[0].stop();
    await server.until(() => server.messages.includes('in flight'));
    const repeats = server.requests.filter((request) => request.node.host === '127.0.0.2').sort((a, b) => a.rid - b.rid);
    assert.deepEqual(repeats.slice(0, 2).map(({ text }) => text), [held.text, silent[0].text]);
    await server.until(() => server.isHolding);
    server.push(message('back'));
    await until(() => received.length === 1);
    assert.deepEqual(server.messages, ['hello', 'in flight']);
    assert.deepEqual(received, ['back']);
  });

  test(`Strophe ${version}: logs in anew when the session is gone`, async (t) => {
    const { server, bosh, connection, statuses, received, until } = await setUp(t, { login: true });
    const lost = event(bosh, 'lost');
    server.lose();
    assert.equal((await lost).condition, 'item-not-found');
    await until(() => statuses.filter((status) => status === Status.CONNECTED).length === 2);
    assert.ok(statuses.includes(Status.DISCONNECTED));
    assert.equal(connection.jid, 'session-2@example.com/x');
    await server.until(() => server.messages.length === 2 && server.isHolding);
    server.push(message('welcome back'));
    await until(() => received.length === 1);
    // One that is lost at once is followed by a login too.
    server.lose();
    await until(() => statuses.filter((status) => status === Status.CONNECTED).length === 3);
  });

  test(`Strophe ${version}: without a login the page hears that the session ended`, async (t) => {
    const { server, statuses, until } = await setUp(t);
    server.lose();
    await until(() => statuses.includes(Status.DISCONNECTED));
    assert.ok(statuses.includes(Status.CONNFAIL));
    assert.equal(server.session, undefined);
  });

  test(`Strophe ${version}: a logout is not followed by a login`, async (t) => {
    const { server, bosh, connection, statuses, until } = await setUp(t, { login: true });
    let isLost = false;
    bosh.on('lost', () => { isLost = true; });
    connection.disconnect('bye');
    await until(() => statuses.includes(Status.DISCONNECTED));
    assert.equal(isLost, false);
    assert.equal(server.requests.filter(({ sid }) => sid === undefined).length, 1);
  });

  test(`Strophe ${version}: undone, it sends by itself again`, async (t) => {
    const { connection, undo } = await setUp(t);
    undo();
    assert.equal(Object.hasOwn(connection._proto, '_processRequest'), false);
  });

  test(`Strophe ${version}: a connection by WebSocket is refused`, () => {
    const connection = new Strophe.Connection('ws://127.0.0.1:9/');
    assert.throws(() => useTransport(connection, new BoshTransport(new NodeList({ nodes: ['http://127.0.0.1:9/'] }))), TypeError);
  });
}
