// The seam to Converse.js: everything that this page knows about its settings, events and ways stands here.
import { useTransport } from '../orleans-bosh-client/index.js';

// What this server does not have (yet), or what would ask a person things that the page already knows.
const SWITCHED_OFF = ['converse-register', 'converse-omemo', 'converse-omemo-views', 'converse-push', 'converse-singleton'];

// The kind of session that this tab holds; with it a reload knows how to come back to it.
const KIND_KEY = 'orleansbosh.kind';

/**
 * One Converse in this tab, whose requests go through the transport. `on` has the handlers `connected(address, kind)`, `reconnecting()`,
 * `ended(reason)`, `requested(address, accept, decline)` and `answered(address)` for people who want to become a contact.
 */
export class ConverseChat {
  #api;
  #state;
  #domain;
  #transport;
  #on;
  #kind = sessionStorage.getItem(KIND_KEY) ?? 'account';
  #isConnected = false;
  // Whether somebody waits to hear how an attempt to come in ends; a page that was reloaded begins with one.
  #isEntering = sessionStorage.getItem(KIND_KEY) !== null;
  #failure = null;

  /** Loads and starts Converse, which goes on with the session that this tab had before a reload, if there is one. */
  static async start(info, transport, on) {
    await import('../converse/converse.min.js');
    const chat = new ConverseChat(info, transport, on);
    await chat.#initialize(info);
    return chat;
  }

  constructor(info, transport, on) {
    this.#domain = info.domain;
    this.#transport = transport;
    this.#on = on;
  }

  async #initialize(info) {
    const { converse } = window;
    const chat = this;
    converse.plugins.add('orleansbosh-page', {
      dependencies: ['converse-roster'],
      initialize() {
        chat.#api = this._converse.api;
        chat.#state = this._converse.state;
        chat.#listen(converse.env.Strophe);
        // COMPAT (Converse 14.0): its dialog to accept a contact calls a method that was renamed.
        const { prototype } = this._converse.exports.RosterContact;
        prototype.subscribe ??= prototype.subscribeToPresence;
        // Converse's own welcome page is never seen here, but its footer would load pictures from elsewhere.
        this._converse.api.elements.define('converse-footer', class extends HTMLElement {});
      },
    });
    await converse.initialize({
      bosh_service_url: new URL(info.bosh, location.href).href,
      // Nothing is asked of, shown from or sent to another server than this one.
      discover_connection_methods: false,
      autocomplete_providers_url: '',
      muc_search_service: '',
      embed_3rd_party_media_players: false,
      render_media: false,
      use_system_emojis: true,
      assets_path: new URL('converse', location.href).pathname,
      notification_icon: new URL('page/icon.svg', location.href).pathname,
      whitelisted_plugins: ['orleansbosh-page'],
      blacklisted_plugins: SWITCHED_OFF,
      // Sessions belong to their tab, so that two people can try the chat in two windows of one browser.
      reuse_scram_keys: false,
      keepalive: true,
      authentication: this.#kind === 'guest' ? 'anonymous' : 'login',
      jid: this.#kind === 'guest' ? this.#domain : undefined,
      persistent_store: this.#kind === 'guest' ? 'sessionStorage' : 'IndexedDB',
      default_domain: this.#domain,
      view_mode: 'fullscreen',
      theme: 'nordic',
      dark_theme: 'dracula',
      show_background: false,
      allow_logout: false,
      allow_adhoc_commands: false,
      allow_bookmarks: false,
      show_client_info: false,
      show_self_in_roster: false,
      visible_toolbar_buttons: { call: false, clear: true, emoji: true, location: false, spoiler: false },
      allow_non_roster_messaging: true,
      message_archiving: 'never',
      loglevel: 'warn',
    });
  }

  #listen(Strophe) {
    const api = this.#api;
    // Converse asks this when the page closes, and stumbles over it when nobody is logged in.
    const { isType } = api.connection;
    api.connection.isType = (type) => Boolean(api.connection.get()) && isType(type);
    // A new one after each logout.
    api.listen.on('connectionInitialized', () => useTransport(api.connection.get(), this.#transport));
    api.listen.on('connected', () => this.#connected());
    api.listen.on('reconnected', () => this.#connected());
    api.listen.on('will-reconnect', () => {
      this.#isConnected = false;
      this.#isEntering = true;
      // A guest that lost its session comes back as a new guest; see #connected.
      if (this.#kind === 'guest') api.settings.set({ authentication: 'anonymous' });
      this.#on.reconnecting();
    });
    api.listen.on('discoInitialized', async () => {
      // Converse shows the first message from or to a stranger only when it has the list of blocked people, and waits for ever on a server
      // that has no such lists.
      if (await api.disco.supports('urn:xmpp:blocking', this.#domain)) return;
      api.trigger('blocklistInitialized', new Map());
    });
    api.listen.on('contactRequest', (contact) => this.#requested(contact));
    api.listen.on('connfeedback', (feedback) => {
      const status = feedback.get('connection_status');
      if (status === Strophe.Status.AUTHFAIL) this.#failure = 'password';
      else if (status === Strophe.Status.CONNFAIL) this.#failure = 'server';
    });
    api.listen.on('disconnected', () => {
      // Converse says it again when it throws the connection away.
      if (!this.#isConnected && !this.#isEntering) return;
      const wasConnected = this.#isConnected;
      this.#isConnected = this.#isEntering = false;
      // No kind of session to come back to: the next reload shows the welcome card.
      sessionStorage.removeItem(KIND_KEY);
      this.#on.ended(wasConnected ? 'closed' : (this.#failure ?? 'server'));
    });
  }

  #connected() {
    this.#isConnected = true;
    this.#isEntering = false;
    this.#failure = null;
    sessionStorage.setItem(KIND_KEY, this.#kind);
    // Converse shows an anonymous user no list of people and so no way from one chat to another. A guest has it here, but nobody who
    // is gone tomorrow can become a contact.
    const isGuest = this.#kind === 'guest';
    if (isGuest) this.#api.settings.set({ authentication: 'login' });
    this.#api.settings.set({ allow_contact_requests: !isGuest });
    // Else the browser offers its stored passwords when the page opens, whoever is to log in.
    localStorage.removeItem('conversejs-session-jid');
    const [address] = this.#api.connection.get().jid.split('/');
    this.#on.connected(address, this.#kind);
  }

  #requested(contact) {
    const address = contact.get('jid');
    // It can be answered in Converse's list as well.
    contact.once('change:requesting', () => this.#on.answered(address));
    this.#on.requested(address, () => this.open(address), () => contact.unauthorize().destroy());
  }

  /** Whether Converse is about to take up the session of before a reload. */
  get isResuming() {
    return this.#isEntering;
  }

  login(address, password) {
    this.#enter('account');
    this.#api.settings.set({ authentication: 'login', jid: undefined, persistent_store: 'IndexedDB' });
    return this.#api.user.login(address, password);
  }

  joinAsGuest() {
    this.#enter('guest');
    // The address of a guest is never seen again; neither should its messages stay in the browser.
    this.#api.settings.set({ authentication: 'anonymous', jid: this.#domain, persistent_store: 'sessionStorage' });
    return this.#api.user.login(this.#domain);
  }

  #enter(kind) {
    this.#kind = kind;
    this.#isEntering = true;
    this.#failure = null;
  }

  leave() {
    return this.#api.user.logout();
  }

  /** Opens a chat. Between people with accounts it also makes contacts of them, or asks for it. */
  async open(address) {
    if (this.#kind === 'account') await this.#befriend(address);
    await this.#api.chats.open(address, {}, true);
  }

  async #befriend(address) {
    const { roster } = this.#state;
    const contact = roster?.get(address);
    if (contact?.get('requesting')) {
      await roster.sendContactAddIQ({ jid: address, name: '', groups: [] });
      // Both see each other from now on: that is what people expect who accept.
      contact.authorize().subscribeToPresence();
    } else if (contact?.get('subscription') === undefined) {
      // Nobody yet, or somebody whom Converse lists only because of a message.
      await this.#api.contacts.add({ jid: address });
    }
  }
}
