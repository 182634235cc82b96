// A JavaScript client library at work. Usage: node run.mjs LIBRARY BOSH-URL DOMAIN TASK [ARGUMENT…]
//   login MECHANISM…      logs in by each mechanism and asks the domain for a ping
//   talk [URL URL]        two accounts become contacts, talk both ways and leave; the URLs are those that they use instead
// Prints one line of JSON; exit code 0 only if everything came as expected.
import assert from 'node:assert/strict';
import { register } from './register.mjs';

const MESSAGES = 200;
const LIMIT_MS = 100_000;

const [library, url, domain, task, ...options] = process.argv.slice(2);
const { Client } = await import(`./${library}.mjs`);
const run = `${library}-${process.pid}`;

// Whatever hangs, the caller hears where.
let step = 'start';
const watched = [];
setTimeout(() => fail(new Error(`not done after ${LIMIT_MS} ms`)), LIMIT_MS).unref();
process.on('unhandledRejection', fail);

function fail(error) {
  const received = watched.map((person) => `${person.jid}: ${person.messages.length} messages`);
  console.log(JSON.stringify({ ok: false, step, received, error: String(error?.stack ?? error).slice(0, 2000) }));
  process.exit(1);
}

async function join(name, at, mechanism) {
  const person = new Client(at, domain, name && `${name}-${run}`);
  person.onFailed = fail;
  if (name) await register(url, domain, person.name, person.password);
  person.mechanism = await person.connect(mechanism);
  watched.push(person);
  return person;
}

async function login(...mechanisms) {
  const used = await Promise.all(mechanisms.map(async (mechanism, i) => {
    step = `log in by ${mechanism}`;
    const person = await join(mechanism === 'ANONYMOUS' ? null : `user${i}`, url, mechanism);
    await person.ping();
    await person.disconnect();
    return person.mechanism;
  }));
  return { used };
}

async function talk(julietUrl = url, romeoUrl = url) {
  step = 'log in';
  const [juliet, romeo] = await Promise.all([join('juliet', julietUrl), join('romeo', romeoUrl)]);

  step = 'empty roster';
  for (const person of [juliet, romeo]) {
    assert.deepEqual(await person.roster(), []);
    person.sendPresence();
  }

  step = 'subscribe';
  await juliet.addContact(romeo.jid, 'Romeo');
  juliet.sendPresence({ to: romeo.jid, type: 'subscribe' });
  await romeo.presence(juliet.jid, 'subscribe');
  romeo.sendPresence({ to: juliet.jid, type: 'subscribed' });
  romeo.sendPresence({ to: juliet.jid, type: 'subscribe' });
  await juliet.presence(romeo.jid, 'subscribe');
  juliet.sendPresence({ to: romeo.jid, type: 'subscribed' });

  step = 'presence';
  await Promise.all([juliet.presence(romeo.jid, 'available'), romeo.presence(juliet.jid, 'available')]);

  step = 'roster';
  assert.deepEqual(await juliet.roster(), [{ jid: romeo.jid, name: 'Romeo', subscription: 'both' }]);

  step = 'messages';
  await Promise.all([write(juliet, romeo), write(romeo, juliet)]);

  step = 'ping';
  await Promise.all([juliet.ping(), romeo.ping()]);

  step = 'leave';
  await juliet.disconnect();
  await romeo.presence(juliet.jid, 'unavailable');
  await romeo.disconnect();
  for (const person of [juliet, romeo]) assert.equal(person.messages.length, MESSAGES + 6);
  return { mechanism: juliet.mechanism, messages: juliet.messages.length + romeo.messages.length };
}

/** A burst, and what is hard to carry; everything arrives once and in order. */
async function write(from, to) {
  const texts = Array.from({ length: MESSAGES }, (_, i) => `${i} from ${from.name}`);
  texts.push(
    '😀👩‍👩‍👧‍👦🇩🇪 ä€',
    'a < b && c > d; "quoted" \'too\' &amp; &#65; ]]> <![CDATA[no]]>',
    'one\ntwo\n  three\t.',
    // 50 KB, and with characters of one to four bytes at every place of a buffer's end.
    'xä€😀'.repeat(5_120),
  );
  for (const text of texts) from.say(to.jid, text);
  assert.deepEqual(await to.texts(from.jid, texts.length), texts);

  // What the libraries themselves never write.
  const message = (body) => `<message xmlns='jabber:client' to='${to.jid}' type='chat'><body>${body}</body></message>`;
  from.sendXml(message('<![CDATA[<b> & "c"]]>]]&gt;<![CDATA[ d]]>'));
  from.sendXml(message('&lt;&#x1F600;&#228;&apos;&quot;&amp;&gt;'));
  texts.push('<b> & "c"]]> d', '<😀ä\'"&>');
  assert.deepEqual(await to.texts(from.jid, texts.length), texts);
}

try {
  const result = await { login, talk }[task](...options);
  console.log(JSON.stringify({ ok: true, ...result }));
  process.exit(0);
} catch (error) {
  fail(error);
}
