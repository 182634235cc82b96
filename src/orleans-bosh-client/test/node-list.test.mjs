import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeList } from '../dist/index.js';
import { FakeClock } from './support/fake-clock.mjs';
import { ScriptedCluster } from './support/scripted-cluster.mjs';

const FALLBACK = 'http://127.0.0.9:9/http-bind';

async function start(t, count) {
  const cluster = await ScriptedCluster.start(count);
  t.after(() => cluster.stop());
  return cluster;
}

test('loads the list of the cluster', async (t) => {
  const { nodes: [node] } = await start(t, 1);
  node.list = { nodes: [{ host: 'a.example.com', url: 'https://a.example.com:5280/http-bind' }, { host: 'b', url: 'https://B.example.com:5280/http-bind' }] };
  const list = await NodeList.load({ listUrl: node.listUrl, nodes: [FALLBACK] });
  assert.deepEqual(list.urls, ['https://a.example.com:5280/http-bind', 'https://b.example.com:5280/http-bind']);
});

for (const [what, answer] of [
  ['is missing', undefined],
  ['is not JSON', '<html>'],
  ['is null', 'null'],
  ['is empty', { nodes: [] }],
  ['has no usable URL', { nodes: [null, {}, { url: 7 }, { url: 'javascript:alert(1)' }, { url: 'http://' }] }],
]) {
  test(`a list that ${what} leaves the nodes that the page knows`, async (t) => {
    const { nodes: [node] } = await start(t, 1);
    node.list = answer;
    const list = await NodeList.load({ listUrl: node.listUrl, nodes: [FALLBACK] });
    assert.deepEqual(list.urls, [FALLBACK]);
    assert.equal(await list.refresh(), false);
  });
}

test('asks the nodes when the place of the list does not answer', async (t) => {
  const cluster = await start(t, 3);
  const [first, second, third] = cluster.nodes;
  const list = new NodeList({ listUrl: first.listUrl, nodes: cluster.urls });
  third.list = { nodes: [{ url: third.url }] };
  await first.stop();
  assert.equal(await list.refresh(), true);
  assert.equal(second.listRequests, 1);
  assert.deepEqual(list.urls, [third.url]);
});

test('a place that never answers does not stop the others', async (t) => {
  const clock = new FakeClock();
  const asked = [];
  const fetch = (url, { signal }) => {
    asked.push(url);
    if (asked.length > 1) return Promise.resolve(Response.json({ nodes: [{ url: 'http://127.0.0.2/http-bind' }] }));
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  const list = new NodeList({ listUrl: 'http://127.0.0.1/nodes', nodes: ['http://127.0.0.2/http-bind'], clock, fetch });
  const refreshed = list.refresh();
  clock.advance(4000);
  assert.equal(await refreshed, true);
  assert.deepEqual(asked, ['http://127.0.0.1/nodes', 'http://127.0.0.2/nodes']);
});

test('questions at the same time are one, and a fresh list is left alone', async (t) => {
  const { nodes: [node] } = await start(t, 1);
  const clock = new FakeClock();
  node.list = { nodes: [{ url: node.url }] };
  const list = new NodeList({ listUrl: node.listUrl, clock });
  await Promise.all([list.refresh(), list.refresh(), list.refresh(1000)]);
  assert.equal(node.listRequests, 1);
  clock.advance(999);
  await list.refresh(1000);
  assert.equal(node.listRequests, 1);
  clock.advance(1);
  await list.refresh(1000);
  assert.equal(node.listRequests, 2);
});

test('picks each node with the same chance', () => {
  const nodes = ['http://a/', 'http://b/', 'http://c/'];
  let value = 0;
  const list = new NodeList({ nodes, random: () => value });
  const counts = new Map();
  for (let i = 0; i < 300; i++) {
    value = i / 300;
    counts.set(list.pick(), (counts.get(list.pick()) ?? 0) + 1);
  }
  assert.deepEqual([...counts], nodes.map((url) => [url, 100]));
});

test('a node that failed is not picked until it answers, is forgiven, or time has passed', () => {
  const clock = new FakeClock();
  const list = new NodeList({ nodes: ['http://a/', 'http://b/'], clock, random: () => 0 });
  list.fail('http://a/');
  assert.equal(list.pick(), 'http://b/');
  list.fail('http://b/');
  assert.equal(list.pick(), undefined);
  list.restore('http://b/');
  assert.equal(list.pick(), 'http://b/');
  list.forgive();
  assert.equal(list.pick(), 'http://a/');
  list.fail('http://a/');
  clock.advance(30_000);
  assert.equal(list.pick(), 'http://a/');
});

test('a list without any node or place to ask is a mistake of the page', () => {
  assert.throws(() => new NodeList({}), TypeError);
  assert.throws(() => new NodeList({ nodes: ['ftp://a/'] }), TypeError);
  assert.throws(() => new NodeList({ listUrl: 'data:,x' }), TypeError);
});
