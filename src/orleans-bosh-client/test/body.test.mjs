import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBody } from '../dist/index.js';

test('reads the attributes of the start tag and nothing behind it', () => {
  const body = readBody(`<?xml version='1.0'?>\n<body rid = "7" host='a.example.com' note='a>b' xmlns:xmpp='urn:xmpp:xbosh'><iq sid='no'/></body>`);
  assert.deepEqual([...body], [['rid', '7'], ['host', 'a.example.com'], ['note', 'a>b'], ['xmlns:xmpp', 'urn:xmpp:xbosh']]);
});

for (const [what, text] of [['a page', '<html><body>x</body></html>'], ['nothing', ''], ['an open tag', "<body rid='1"], ['another element', '<bodyguard/>']]) {
  test(`${what} is no body`, () => assert.equal(readBody(text), undefined));
}
