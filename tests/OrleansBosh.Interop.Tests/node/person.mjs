// An account at work, whatever the client library: what it received, and how to wait for more of it.
export class Person {
  messages = [];
  presences = [];
  #waiters = [];

  constructor(url, domain, name) {
    this.url = url;
    this.domain = domain;
    this.name = name;
    this.password = `pä55-${name}`;
    this.jid = name ? `${name}@${domain}` : domain;
  }

  /** For the client library: something arrived. */
  took(list, item) {
    list.push(item);
    this.#waiters = this.#waiters.filter((waiter) => !waiter());
  }

  /** The texts of a sender's messages, once there are so many. */
  texts(from, count) {
    return this.#wait(() => {
      const texts = this.messages.filter((message) => message.from === from).map((message) => message.text);
      return texts.length >= count ? texts : null;
    });
  }

  /** Resolves when there was such a presence since the last call; what came before it counts no more. */
  presence(from, type) {
    return this.#wait(() => {
      const found = this.presences.findIndex((presence) => presence.from === from && presence.type === type);
      return found < 0 ? null : this.presences.splice(found, 1);
    });
  }

  #wait(find) {
    return new Promise((resolve) => {
      const check = () => {
        const found = find();
        if (found) resolve(found);
        return Boolean(found);
      };
      if (!check()) this.#waiters.push(check);
    });
  }
}

export const bare = (jid) => jid.split('/')[0];
