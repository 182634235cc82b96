// The page around the chat: who comes in, who is in, and which node serves them. The chat itself is Converse.js.
import { BoshTransport, NodeList } from '../orleans-bosh-client/index.js';
import { ConverseChat } from './converse-chat.js';
import { register } from './register.js';

const PROBLEMS = {
  password: 'Name or password is wrong. Please try again.',
  server: 'The server does not answer. Is it running?',
  closed: 'You have been logged out.',
  resume: 'Your session has ended. Please log in again.',
};

// After this long without success a person wants to hear that something is still going on.
const SLOW_MS = 8000;
const RETRY_MS = 5000;

const element = (id) => document.getElementById(id);
const forms = { login: element('form-login'), register: element('form-register'), guest: element('form-guest') };

let info;
let nodes;
let chat;
let isLeaving = false;
let isSearching = false;
let slowTimer;

start();

async function start() {
  try {
    const response = await fetch('server-info', { headers: { Accept: 'application/json' } });
    info = await response.json();
  } catch {
    // Nothing on this page works before it knows its server.
    showWelcome(`${PROBLEMS.server} Trying again …`);
    setTimeout(() => location.reload(), RETRY_MS);
    return;
  }
  if (!info.converse) {
    location.replace('basic.html');
    return;
  }
  describeServer();
  wireWelcome();
  wireBar();
  showNode(info.node);
  try {
    const transport = await startTransport();
    chat = await ConverseChat.start(info, transport, { connected, reconnecting, ended, requested, answered });
  } catch (error) {
    console.error(error);
    location.replace('basic.html');
    return;
  }
  if (!chat.isResuming && document.body.dataset.view === 'loading') showWelcome();
}

// Who comes in.

function describeServer() {
  document.title = `Chat on ${info.domain}`;
  element('domain').textContent = info.domain;
  element('tab-register').hidden = !info.registration;
  element('tab-guest').hidden = !info.anonymous;
}

function wireWelcome() {
  for (const name of Object.keys(forms)) element(`tab-${name}`).addEventListener('click', () => showForm(name));
  const registerName = element('register-name');
  const showAddress = () => { element('register-address').textContent = addressOf(registerName.value.trim() || 'name'); };
  registerName.addEventListener('input', showAddress);
  showAddress();

  enter(forms.login, ({ name, password }) => chat.login(addressOf(name), password));
  enter(forms.guest, () => chat.joinAsGuest());
  enter(forms.register, async ({ name, password }) => {
    await register(nodes, info.domain, name, password);
    await chat.login(addressOf(name), password);
  });
}

function enter(form, action) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { name = '', password = '' } = Object.fromEntries(new FormData(form));
    showProblem(null);
    setBusy(true);
    slowTimer = setTimeout(() => showProblem('The server takes its time. Still trying …'), SLOW_MS);
    try {
      // Strophe alone would go on for minutes before it says that nobody is there.
      if (!await nodes.refresh()) throw new Error(PROBLEMS.server);
      await action({ name: name.trim(), password });
    } catch (error) {
      showWelcome(error.message);
    }
  });
}

/** A bare name belongs to this server. */
function addressOf(name) {
  return (name.includes('@') ? name : `${name}@${info.domain}`).toLowerCase();
}

function showForm(name) {
  for (const [other, form] of Object.entries(forms)) {
    form.hidden = other !== name;
    element(`tab-${other}`).setAttribute('aria-selected', String(other === name));
  }
  showProblem(null);
  forms[name].querySelector('input')?.focus();
}

function showWelcome(problem) {
  setBusy(false);
  document.body.dataset.view = 'welcome';
  showProblem(problem);
  if (!problem) [...document.querySelectorAll('.card form:not([hidden]) input')].find((input) => !input.value)?.focus();
}

function showProblem(text) {
  element('problem').textContent = text ?? '';
  element('problem').hidden = !text;
}

function setBusy(isBusy) {
  clearTimeout(slowTimer);
  document.querySelector('.welcome').setAttribute('aria-busy', String(isBusy));
  for (const button of document.querySelectorAll('.card button')) button.disabled = isBusy;
}

// Who is in.

function connected(address, kind) {
  setBusy(false);
  showProblem(null);
  for (const password of document.querySelectorAll('input[type=password]')) password.value = '';
  if (document.body.dataset.view === 'chat' && address !== element('own-address').textContent) {
    showToast('Your guest session had ended. You have a new address now.');
  } else if (document.body.dataset.view === 'chat' && document.body.dataset.link === 'down') {
    showToast(`Connected through ${element('node-name').textContent}.`);
  }
  const label = kind === 'guest' ? 'Open a chat' : 'Add a contact';
  element('own-address').textContent = address;
  element('new-chat').querySelector('.wide').textContent = label;
  element('new-chat').title = label;
  element('new-chat-title').textContent = label;
  element('new-chat-submit').textContent = kind === 'guest' ? 'Open' : 'Add';
  element('new-chat-hint').textContent = kind === 'guest'
    ? 'With whom do you want to talk? A guest has a long address: ask for it, or send them yours.'
    : 'They are asked whether you may see when they are online. You can write to them at once.';
  element('leave').querySelector('span').textContent = kind === 'guest' ? 'Leave' : 'Log out';
  document.body.dataset.link = 'up';
  document.body.dataset.view = 'chat';
}

function reconnecting() {
  document.body.dataset.link = 'down';
  if (document.body.dataset.view === 'chat') showToast('The connection is lost. Trying to reconnect …');
}

function requested(address, accept, decline) {
  const entry = element('request-template').content.cloneNode(true).firstElementChild;
  entry.querySelector('.request-address').textContent = address;
  for (const [button, act] of [['.request-accept', accept], ['.request-decline', decline]]) {
    entry.querySelector(button).addEventListener('click', async () => {
      entry.remove();
      await act();
    });
  }
  // The server repeats a request at each login until it is answered.
  answered(address);
  element('requests').append(entry);
}

function answered(address) {
  for (const entry of element('requests').children) {
    if (entry.querySelector('.request-address').textContent === address) entry.remove();
  }
}

function ended(reason) {
  const wasIn = document.body.dataset.view === 'chat';
  element('new-chat-dialog').close();
  element('requests').replaceChildren();
  if (isLeaving) showWelcome();
  else if (wasIn) showWelcome(reason === 'password' ? PROBLEMS.resume : PROBLEMS[reason]);
  else if (document.body.dataset.view === 'loading') showWelcome(PROBLEMS.resume);
  else showWelcome(PROBLEMS[reason]);
  isLeaving = false;
}

function wireBar() {
  const dialog = element('new-chat-dialog');
  const address = element('new-chat-address');
  const problem = element('new-chat-problem');
  element('new-chat').addEventListener('click', () => {
    problem.hidden = true;
    element('new-chat-form').reset();
    dialog.showModal();
    address.focus();
  });
  element('new-chat-cancel').addEventListener('click', () => dialog.close());
  element('new-chat-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      const jid = addressOf(address.value.trim());
      if (!/^[^@/\s]+@[^@/\s]+$/.test(jid)) throw new Error('This is no address. It looks like name@example.com.');
      if (jid === element('own-address').textContent) throw new Error('This is your own address.');
      await chat.open(jid);
      dialog.close();
    } catch (error) {
      problem.textContent = error.message || 'The chat could not be opened.';
      problem.hidden = false;
    }
  });
  element('leave').addEventListener('click', async () => {
    isLeaving = true;
    await chat.leave();
    // Between two tries to reconnect there is no connection whose end could be told.
    if (isLeaving) ended('closed');
  });
  element('own-address').addEventListener('click', copyAddress);
}

async function copyAddress() {
  const address = element('own-address').textContent;
  try {
    await navigator.clipboard.writeText(address);
    showToast('Your address is copied.');
  } catch {
    // Browsers lend the clipboard to secure pages only; a selection can be copied anywhere.
    getSelection().selectAllChildren(element('own-address'));
    showToast('Press Ctrl+C to copy your address.');
  }
}

// Which node serves them.

function showNode(name) {
  if (!name) return;
  element('node-name').textContent = name;
  element('node').hidden = false;
  element('served-by').textContent = `Served by ${name} · OrleansBosh ${info.version}`;
}

/** The way to the cluster. A node alone has no list of nodes, and is the only one then. */
async function startTransport() {
  nodes = await NodeList.load({ listUrl: new URL('nodes', location.href).href, nodes: [new URL(info.bosh, location.href).href] });
  const transport = new BoshTransport(nodes);
  transport.on('node', serving);
  transport.on('retry', searching);
  transport.on('resumed', () => found('The connection is back.'));
  transport.on('session', () => found());
  transport.on('lost', () => { isSearching = false; });
  window.addEventListener('online', () => transport.wake());
  return transport;
}

function serving({ host, previous }) {
  showNode(host);
  if (previous !== undefined && document.body.dataset.view === 'chat') showToast(`Connected through ${host}.`);
}

/** A node does not answer. While another one does at once, nobody needs to hear of it. */
function searching({ next }) {
  if (next !== undefined || document.body.dataset.view !== 'chat') return;
  isSearching = true;
  document.body.dataset.link = 'down';
  showToast('No node answers. Trying again …');
}

function found(text) {
  if (!isSearching) return;
  isSearching = false;
  document.body.dataset.link = 'up';
  if (text) showToast(text);
}

let toastTimer;

function showToast(text) {
  clearTimeout(toastTimer);
  element('toast').textContent = text;
  element('toast').hidden = false;
  toastTimer = setTimeout(() => { element('toast').hidden = true; }, 4000);
}
