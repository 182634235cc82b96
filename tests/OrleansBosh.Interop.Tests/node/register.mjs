// An account by in-band registration (XEP-0077), which Strophe leaves to plugins.
const NS = "xmlns='http://jabber.org/protocol/httpbind'";

export async function register(url, domain, name, password) {
  let rid = 1 + Math.floor(Math.random() * 2 ** 31);
  const post = async (attributes, xml = '') => {
    const body = `<body ${NS} rid='${rid++}' ${attributes}>${xml}</body>`;
    const response = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'text/xml; charset=utf-8' }, body });
    return response.text();
  };
  let answer = await post(`to='${domain}' wait='5' hold='1' ver='1.6' xml:lang='en' xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0'`);
  const [, sid] = answer.match(/\ssid=['"]([^'"]+)/) ?? [];
  if (!sid) throw new Error(`no session: ${answer}`);
  answer = await post(`sid='${sid}'`, `<iq xmlns='jabber:client' type='set' id='register'><query xmlns='jabber:iq:register'>`
    + `<username>${name}</username><password>${password}</password></query></iq>`);
  for (let tries = 0; tries < 3 && !answer.includes('<iq'); tries++) answer = await post(`sid='${sid}'`);
  if (!/<iq\s[^>]*type=['"]result/.test(answer)) throw new Error(`no account: ${answer}`);
  await post(`sid='${sid}' type='terminate'`);
}
