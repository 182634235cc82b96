import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as immediately } from 'node:timers/promises';
import { BoshTransport, NodeList } from '../dist/index.js';
import { body, CREATED, CREATION, event, setUp, setUpSession, SID } from './support/setup.mjs';

// Following the owner.

test('an answer is handed out as it came', async (t) => {
  const { cluster, bosh } = await setUp(t);
  const answered = bosh.post(CREATION, { headers: { 'X-Test': 'yes' } });
  const request = await cluster.next();
  assert.equal(request.method, 'POST');
  assert.equal(request.text, CREATION);
  assert.equal(request.headers['content-type'], 'text/xml; charset=utf-8');
  assert.equal(request.headers['x-test'], 'yes');
  const text = `<body xmlns='http://jabber.org/protocol/httpbind' ${CREATED}><x>ä</x></body>`;
  request.raw(text);
  assert.deepEqual(await answered, { status: 200, text });
});

test('requests go where host says, at each answer anew', async (t) => {
  const { cluster, bosh, told } = await setUp(t);
  const hosts = [];
  for (const [rid, host] of [[0, '127.0.0.2'], [1, '127.0.0.2'], [2, '127.0.0.3'], [3, '']]) {
    const answered = bosh.post(rid === 0 ? CREATION : body(rid));
    const request = await cluster.next();
    hosts.push(request.node.host);
    request.answer(`${rid === 0 ? CREATED : ''} host='${host}'`);
    await answered;
  }
  assert.deepEqual(hosts, ['127.0.0.1', '127.0.0.2', '127.0.0.2', '127.0.0.3']);
  assert.equal(bosh.url, cluster.urls[2]);
  assert.deepEqual(told('node').map(({ host, url, previous }) => ({ host, url, previous })), [
    { host: '127.0.0.2', url: cluster.urls[1], previous: undefined },
    { host: '127.0.0.3', url: cluster.urls[2], previous: '127.0.0.2' },
  ]);
});

for (const host of ['127.0.0.2:1', '127.0.0.2/', 'evil@127.0.0.2', '999.9.9.9']) {
  test(`the host ${host} is not followed`, async (t) => {
    const { cluster, bosh } = await setUp(t);
    const answered = bosh.post(CREATION);
    (await cluster.next()).answer(`${CREATED} host='${host}'`);
    await answered;
    assert.equal(bosh.url, cluster.urls[0]);
  });
}

for (const [follow, expected] of [['any', '127.0.0.3'], ['listed', '127.0.0.1'], ['none', '127.0.0.1']]) {
  test(`with follow '${follow}' a host that is not in the list leads to ${expected}`, async (t) => {
    const { cluster, bosh } = await setUp(t, { transport: { follow }, nodes: ({ urls }) => ({ nodes: urls.slice(0, 2) }) });
    const answered = bosh.post(CREATION);
    (await cluster.next()).answer(`${CREATED} host='127.0.0.3'`);
    await answered;
    assert.equal(new URL(bosh.url).hostname, expected);
  });
}

test("with follow 'listed' a host that is in the list is followed", async (t) => {
  const { cluster, bosh } = await setUp(t, { transport: { follow: 'listed' } });
  const answered = bosh.post(CREATION);
  (await cluster.next()).answer(`${CREATED} host='127.0.0.3'`);
  await answered;
  assert.equal(bosh.url, cluster.urls[2]);
});

// Failing.

test('a request of a killed node goes on at another one with the same rid and identical bytes', async (t) => {
  const { cluster, bosh, told, clock } = await setUpSession(t);
  const answered = bosh.post(body(101));
  const first = await cluster.next();
  clock.advance(700);
  await first.node.stop();
  const second = await cluster.next();
  assert.equal(second.node.host, '127.0.0.2');
  assert.deepEqual(second.bytes, first.bytes);
  second.answer('', '<x/>');
  assert.match((await answered).text, /<x\/>/);

  const [{ host, next, delay, round }] = told('retry');
  assert.deepEqual({ host, next, delay, round }, { host: '127.0.0.1', next: '127.0.0.2', delay: 0, round: 1 });
  assert.deepEqual(told('resumed'), [{ name: 'resumed', host: '127.0.0.2', url: cluster.urls[1], downtime: 0 }]);
  assert.deepEqual(told('node').map(({ host }) => host), ['127.0.0.1', '127.0.0.2']);
  assert.deepEqual(told('lost'), []);
});

test('both open requests go on elsewhere, in the order of their rids', async (t) => {
  const sent = [];
  const fetch = (url, init) => {
    sent.push(`${new URL(url).hostname} ${/rid='(\d+)'/.exec(init.body)[1]}`);
    return globalThis.fetch(url, init);
  };
  const { cluster, bosh, told } = await setUpSession(t, { transport: { fetch } });
  const answered = [bosh.post(body(101)), bosh.post(body(102))];
  const before = await cluster.nextOnes(2);
  await before[0].node.stop();
  const after = await cluster.nextOnes(2);
  assert.deepEqual(after.map(({ bytes }) => bytes), before.map(({ bytes }) => bytes));
  after[1].answer('', '<second/>');
  after[0].answer('', '<first/>');
  assert.match((await answered[0]).text, /<first\/>/);
  assert.match((await answered[1]).text, /<second\/>/);
  assert.deepEqual(sent, ['127.0.0.1 100', '127.0.0.1 101', '127.0.0.1 102', '127.0.0.2 101', '127.0.0.2 102']);
  assert.equal(told('resumed').length, 1);
});

for (const [what, fail] of [
  ['breaks the connection', (request) => request.drop()],
  ['answers 503', (request) => request.answer('', '', 503)],
  ['answers 502 with a page', (request) => request.raw('<html/>', 502)],
  ['answers with a page', (request) => request.raw('<html/>')],
]) {
  test(`a node that ${what} has failed`, async (t) => {
    const { cluster, bosh, told } = await setUpSession(t);
    const answered = bosh.post(body(101));
    fail(await cluster.next());
    const again = await cluster.next();
    assert.equal(again.node.host, '127.0.0.2');
    assert.equal(again.text, body(101));
    again.answer();
    await answered;
    assert.equal(told('resumed').length, 1);
  });
}

test('a node that owes an answer and is silent has failed', async (t) => {
  const { cluster, bosh, clock, told } = await setUpSession(t);
  const answered = [bosh.post(body(101)), bosh.post(body(102))];
  await cluster.nextOnes(2);
  clock.advance(4999);
  assert.deepEqual(told('retry'), []);
  clock.advance(1);
  const again = await cluster.nextOnes(2);
  assert.deepEqual(again.map(({ rid, node }) => `${node.host} ${rid}`), ['127.0.0.2 101', '127.0.0.2 102']);
  for (const request of again) request.answer();
  await Promise.all(answered);
  assert.equal(told('retry')[0].reason, 'no answer within 5 s');
});

test('a request that the server may hold has the time to be held', async (t) => {
  const { cluster, bosh, clock, told } = await setUpSession(t);
  const answered = bosh.post(body(101, '', ''));
  const held = await cluster.next();
  clock.advance(64_999);
  assert.deepEqual(told('retry'), []);
  held.answer();
  await answered;
});

test('a login step is not held', async (t) => {
  const { cluster, bosh, clock } = await setUpSession(t);
  const answered = bosh.post(body(101, '', "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>"));
  await cluster.next();
  clock.advance(5000);
  const again = await cluster.next();
  assert.equal(again.node.host, '127.0.0.2');
  again.answer();
  await answered;
});

test('the owner is not followed to where it could not be reached a moment ago', async (t) => {
  const { cluster, bosh, clock } = await setUpSession(t);
  const hosts = [];
  for (const [rid, advance] of [[101, 0], [102, 29_000], [103, 1000], [104, 0]]) {
    const answered = bosh.post(body(rid));
    let request = await cluster.next();
    if (rid === 101) {
      request.drop();
      request = await cluster.next();
    }
    hosts.push(request.node.host);
    clock.advance(advance);
    request.answer("host='127.0.0.1'");
    await answered;
  }
  assert.deepEqual(hosts, ['127.0.0.2', '127.0.0.2', '127.0.0.2', '127.0.0.1']);
});

test('when all nodes failed, rounds follow with longer and longer pauses', async (t) => {
  const { cluster, bosh, clock, told } = await setUpSession(t, { count: 2, transport: { longestPause: 3000 } });
  const answered = bosh.post(body(101));
  await cluster.next();
  const pauses = [];
  for (let round = 1; round <= 4; round++) {
    const paused = new Promise((resolve) => {
      const stop = bosh.on('retry', (failure) => {
        if (failure.next !== undefined) return;
        stop();
        resolve(failure);
      });
    });
    if (round === 1) await Promise.all(cluster.nodes.map((node) => node.stop()));
    const failure = await paused;
    assert.equal(failure.round, round);
    pauses.push(failure.delay);
    if (round < 4) clock.advance(failure.delay);
  }
  // Half of 1000, 2000, 3000, 3000: the random half is none here.
  assert.deepEqual(pauses, [500, 1000, 1500, 1500]);
  await cluster.nodes[0].listen();
  clock.advance(1500);
  const again = await cluster.next();
  assert.equal(again.text, body(101));
  again.answer();
  await answered;
  assert.equal(told('resumed')[0].downtime, 4500);
});

test('a part of the pause is random', async (t) => {
  const list = new NodeList({ nodes: ['http://127.0.0.1:9/'], random: () => 0 });
  const bosh = new BoshTransport(list, { random: () => 0.5, fetch: () => Promise.reject(new Error('refused')) });
  const abort = new AbortController();
  const failed = event(bosh, 'retry');
  const answered = bosh.post(CREATION, { signal: abort.signal });
  assert.equal((await failed).delay, 750);
  assert.equal((await failed).reason, 'refused');
  abort.abort();
  await assert.rejects(answered, { name: 'AbortError' });
});

test('a page that knows more ends the pause', async (t) => {
  const { cluster, bosh } = await setUpSession(t, { count: 1 });
  const paused = event(bosh, 'retry');
  const answered = bosh.post(body(101));
  (await cluster.next()).drop();
  assert.equal((await paused).next, undefined);
  const later = bosh.post(body(102));
  bosh.wake();
  for (const request of await cluster.nextOnes(2)) request.answer();
  await Promise.all([answered, later]);
});

test('a failure brings a new list, and new nodes are asked', async (t) => {
  const { cluster, bosh, list, clock } = await setUpSession(t, { nodes: ({ urls, nodes }) => ({ nodes: urls.slice(0, 2), listUrl: nodes[1].listUrl }) });
  cluster.nodes[1].list = { nodes: [{ url: cluster.urls[2] }] };
  const answered = bosh.post(body(101));
  const first = await cluster.next();
  const refreshed = list.refresh();
  await refreshed;
  assert.deepEqual(list.urls, [cluster.urls[2]]);
  await first.node.stop();
  const again = await cluster.next();
  assert.equal(again.node.host, '127.0.0.3');
  again.answer();
  await answered;
  // The failure itself looked at the list less than two seconds after this test had.
  assert.equal(cluster.nodes[1].listRequests, 1);

  clock.advance(2000);
  const next = bosh.post(body(102));
  (await cluster.next()).drop();
  const paused = await event(bosh, 'retry');
  assert.equal(paused.next, undefined);
  await list.refresh(1);
  assert.equal(cluster.nodes[1].listRequests, 2);
  clock.advance(paused.delay);
  (await cluster.next()).answer();
  await next;
});

test('an old list is renewed without a failure', async (t) => {
  const { cluster, bosh, clock, list } = await setUpSession(t, { nodes: ({ urls, nodes }) => ({ nodes: urls, listUrl: nodes[0].listUrl }) });
  cluster.nodes[0].list = { nodes: [{ url: cluster.urls[2] }] };
  await list.refresh();
  clock.advance(300_000);
  cluster.nodes[0].list = { nodes: [{ url: cluster.urls[1] }] };
  const answered = bosh.post(body(101));
  (await cluster.next()).answer();
  await answered;
  await list.refresh(1);
  assert.deepEqual(list.urls, [cluster.urls[1]]);
  assert.equal(cluster.nodes[0].listRequests, 2);
});

// Ending.

for (const [what, attributes, status, condition] of [
  ['item-not-found', "type='terminate' condition='item-not-found'", 200, 'item-not-found'],
  ['404, as servers say it to old clients', '', 404, 'item-not-found'],
  ['system-shutdown', "type='terminate' condition='system-shutdown'", 200, 'system-shutdown'],
  ['remote-connection-failed', "type='terminate' condition='remote-connection-failed'", 200, 'remote-connection-failed'],
]) {
  test(`the session is lost when the cluster answers ${what}`, async (t) => {
    const { cluster, bosh, told } = await setUpSession(t);
    const answered = [bosh.post(body(101)), bosh.post(body(102))];
    for (const request of await cluster.nextOnes(2)) request.answer(attributes, '', status);
    assert.deepEqual((await Promise.all(answered)).map((answer) => answer.status), [status, status]);
    assert.deepEqual(told('lost'), [{ name: 'lost', condition, sid: SID }]);
    assert.deepEqual(told('retry'), []);
  });
}

test('after system-shutdown another node is asked', async (t) => {
  const { cluster, bosh } = await setUpSession(t);
  const answered = bosh.post(body(101));
  (await cluster.next()).answer("type='terminate' condition='system-shutdown' host='127.0.0.1'");
  await answered;
  assert.equal(bosh.url, cluster.urls[1]);
});

for (const condition of ['policy-violation', 'remote-stream-error', 'host-unknown']) {
  test(`${condition} ends the session, but a new login would end the same way`, async (t) => {
    const { cluster, bosh, told } = await setUpSession(t);
    const answered = bosh.post(body(101));
    (await cluster.next()).answer(`type='terminate' condition='${condition}'`);
    assert.match((await answered).text, /terminate/);
    assert.deepEqual(told('lost'), []);
  });
}

test('a session that the client ends is not lost', async (t) => {
  const { cluster, bosh, told } = await setUpSession(t);
  const answered = [bosh.post(body(101, '', '')), bosh.post(body(102, "type='terminate'"))];
  const [held, farewell] = await cluster.nextOnes(2);
  held.answer("type='terminate' condition='item-not-found'");
  farewell.answer("type='terminate'");
  await Promise.all(answered);
  assert.deepEqual(told('lost'), []);
});

test('a session that no node answers for is lost when it cannot live any more', async (t) => {
  const { cluster, bosh, told, clock } = await setUpSession(t, { count: 1 });
  const answered = [bosh.post(body(101)), bosh.post(body(102))];
  const paused = event(bosh, 'retry');
  await cluster.nextOnes(2);
  await cluster.nodes[0].stop();
  await paused;
  // wait and inactivity of the creation answer
  clock.advance(89_999);
  assert.deepEqual(told('lost'), []);
  clock.advance(1);
  assert.deepEqual(told('lost'), [{ name: 'lost', condition: 'unreachable', sid: SID }]);
  for (const { text } of await Promise.all(answered)) assert.match(text, /type='terminate' condition='item-not-found'/);
  assert.deepEqual(clock.pending, []);
});

test('a new session that no node begins is given up', async (t) => {
  const { cluster, bosh, told, clock } = await setUp(t, { count: 1 });
  const paused = event(bosh, 'retry');
  const answered = bosh.post(CREATION);
  await cluster.next();
  await cluster.nodes[0].stop();
  await paused;
  clock.advance(30_000);
  assert.match((await answered).text, /type='terminate' condition='undefined-condition'/);
  assert.equal(told('unreachable').length, 1);
  assert.deepEqual(told('lost'), []);
});

test('a new session begins at another node when the first one fails', async (t) => {
  const { cluster, bosh, told } = await setUp(t);
  const answered = bosh.post(CREATION);
  (await cluster.next()).drop();
  const again = await cluster.next();
  assert.equal(again.node.host, '127.0.0.2');
  assert.equal(again.text, CREATION);
  again.answer(CREATED);
  await answered;
  assert.deepEqual(told('session'), [{ name: 'session', sid: SID }]);
  assert.deepEqual(told('resumed'), []);
});

// Order.

test('answers come in the order of the rids', async (t) => {
  const { cluster, bosh } = await setUpSession(t);
  const order = [];
  const answered = [101, 102].map((rid) => bosh.post(body(rid)).then(() => order.push(rid)));
  const [first, second] = await cluster.nextOnes(2);
  const isRead = event(bosh, 'node');
  second.answer("host='127.0.0.2'");
  await isRead;
  await immediately();
  assert.deepEqual(order, []);
  first.answer();
  await Promise.all(answered);
  assert.deepEqual(order, [101, 102]);
});

test('the end waits for what an older request brings, but not for ever', async (t) => {
  const { cluster, bosh, clock } = await setUpSession(t);
  const answered = [bosh.post(body(101)), bosh.post(body(102))];
  const [, second] = await cluster.nextOnes(2);
  let isAnswered = false;
  answered[1].then(() => { isAnswered = true; });
  const isLost = event(bosh, 'lost');
  second.answer("type='terminate' condition='item-not-found'");
  await isLost;
  clock.advance(4999);
  await immediately();
  assert.equal(isAnswered, false);
  clock.advance(1);
  for (const { text } of await Promise.all(answered)) assert.match(text, /item-not-found/);
});

// The client.

test('a request that the client gives up is taken back and not repeated', async (t) => {
  const { cluster, bosh, told } = await setUpSession(t);
  const abort = new AbortController();
  const given = bosh.post(body(101), { signal: abort.signal });
  const { response } = await cluster.next();
  const closed = new Promise((resolve) => { response.once('close', resolve); });
  abort.abort();
  await assert.rejects(given, { name: 'AbortError' });
  await closed;
  const answered = bosh.post(body(102));
  const request = await cluster.next();
  assert.equal(request.rid, 102);
  request.answer();
  await answered;
  assert.deepEqual(told('retry'), []);
});

test('what is no body is not sent', async (t) => {
  const { bosh } = await setUp(t);
  await assert.rejects(bosh.post('<message/>'), TypeError);
  await assert.rejects(bosh.post(body(1), { signal: AbortSignal.abort() }), { name: 'AbortError' });
});

test('a listener that fails does not disturb the session', async (t) => {
  const { cluster, bosh, told } = await setUp(t);
  const reported = [];
  // Browsers have it, Node.js has not.
  globalThis.reportError = (error) => reported.push(error.message);
  t.after(() => { delete globalThis.reportError; });
  bosh.on('session', () => { throw new Error('of the page'); });
  const answered = bosh.post(CREATION);
  (await cluster.next()).answer(CREATED);
  assert.equal((await answered).status, 200);
  assert.equal(told('session').length, 1);
  assert.deepEqual(reported, ['of the page']);
});
