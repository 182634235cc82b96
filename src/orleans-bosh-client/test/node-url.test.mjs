import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeName, swapHost } from '../dist/index.js';

const URL_BEFORE = 'https://a.example.com:5280/http-bind?x=1';

for (const [host, expected] of [
  ['b.example.com', 'https://b.example.com:5280/http-bind?x=1'],
  ['B.Example.COM', 'https://b.example.com:5280/http-bind?x=1'],
  ['a.example.com', URL_BEFORE],
  ['127.0.0.2', 'https://127.0.0.2:5280/http-bind?x=1'],
  ['node_1', 'https://node_1:5280/http-bind?x=1'],
  ['2001:db8::1', 'https://[2001:db8::1]:5280/http-bind?x=1'],
  ['[2001:DB8::1]', 'https://[2001:db8::1]:5280/http-bind?x=1'],
  ['::ffff:127.0.0.1', 'https://[::ffff:7f00:1]:5280/http-bind?x=1'],
]) {
  test(`swaps the host for ${host}`, () => assert.equal(swapHost(URL_BEFORE, host), expected));
}

for (const host of ['', ' ', 'b.example.com:443', 'b.example.com/x', 'user@b.example.com', 'http://b.example.com', 'b..com', '-b.com', 'b.com?x', 'b.com#x',
  'b\\c', '%62.com', '999.1.1.1', '[::1', '1::2::3', ':', 'ü.example.com', 'a'.repeat(64), `${'a.'.repeat(130)}b`]) {
  test(`does not follow the host ${JSON.stringify(host).slice(0, 30)}`, () => assert.equal(swapHost(URL_BEFORE, host), undefined));
}

test('a node is called by its host', () => {
  assert.equal(nodeName(URL_BEFORE), 'a.example.com');
  assert.equal(nodeName('http://[::1]:5280/'), '::1');
});
