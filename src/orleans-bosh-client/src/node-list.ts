// Which nodes there are, and which of them failed a moment ago. Knows nothing of sessions.
import { type Clock, systemClock } from './clock.js';
import { toNodeUrl } from './node-url.js';

export interface NodeListOptions {
  /** BOSH URLs of the nodes that the page knows: the whole list without `listUrl`, else what is used until that answers. */
  nodes?: readonly string[];
  /** Where the cluster says its live nodes: `{"nodes":[{"host":"b.example.com","url":"https://b.example.com:5280/http-bind"}]}`. */
  listUrl?: string;
  /** Milliseconds that a node which failed is not chosen while there are others; 30 000. */
  avoidFor?: number;
  /** Milliseconds to wait for one answer to `listUrl`; 4 000. */
  listTimeout?: number;
  /** A number from 0 up to 1, as Math.random. */
  random?: () => number;
  clock?: Clock;
  fetch?: typeof fetch;
}

export class NodeList {
  #urls: readonly string[];
  readonly #listUrl: string | undefined;
  readonly #failedAt = new Map<string, number>();
  readonly #options: NodeListOptions;
  readonly #clock: Clock;
  #refreshing: Promise<boolean> | undefined;
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(options: NodeListOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#urls = toUrls(options.nodes ?? []);
    this.#listUrl = toNodeUrl(options.listUrl);
    if (options.listUrl !== undefined && this.#listUrl === undefined) {
      throw new TypeError(`listUrl is no http or https URL: ${options.listUrl}`);
    }
    if (this.#urls.length === 0 && this.#listUrl === undefined) throw new TypeError('There is neither a usable node nor a listUrl.');
  }

  /** A list that has asked `listUrl` once. Whether that answered shows in `urls`: without it they are the given `nodes`. */
  static async load(options: NodeListOptions): Promise<NodeList> {
    const list = new NodeList(options);
    await list.refresh();
    return list;
  }

  /** The BOSH URLs of the nodes. */
  get urls(): readonly string[] {
    return this.#urls;
  }

  /** A random node of those that did not fail lately; undefined if all did. */
  pick(): string | undefined {
    const good = this.#urls.filter((url) => !this.isFailed(url));
    return good[Math.floor((this.#options.random ?? Math.random)() * good.length)];
  }

  isFailed(url: string): boolean {
    const failedAt = this.#failedAt.get(url);
    return failedAt !== undefined && this.#clock.now() - failedAt < (this.#options.avoidFor ?? 30_000);
  }

  fail(url: string): void {
    this.#failedAt.set(url, this.#clock.now());
  }

  /** The node answered. */
  restore(url: string): void {
    this.#failedAt.delete(url);
  }

  /** Gives every node another chance. */
  forgive(): void {
    this.#failedAt.clear();
  }

  /**
   * Asks for the list again: at its URL, and where that does not answer, at the same path of the nodes themselves. Resolves to whether there
   * is a new one; without one the old stays. Never rejects. A list that was asked for less than `olderThan` milliseconds ago is left
   * alone.
   */
  refresh(olderThan = 0): Promise<boolean> {
    if (this.#clock.now() - this.#refreshedAt < olderThan) return this.#refreshing ?? Promise.resolve(false);
    this.#refreshing ??= this.#ask().finally(() => { this.#refreshing = undefined; });
    return this.#refreshing;
  }

  async #ask(): Promise<boolean> {
    if (this.#listUrl === undefined) return false;
    this.#refreshedAt = this.#clock.now();
    const { pathname, search } = new URL(this.#listUrl);
    const others = this.#urls.filter((url) => !this.isFailed(url)).map((url) => new URL(pathname + search, url).href);
    for (const source of new Set([this.#listUrl, ...others])) {
      const urls = await this.#load(source);
      if (urls.length === 0) continue;
      this.#urls = urls;
      return true;
    }
    return false;
  }

  async #load(source: string): Promise<readonly string[]> {
    const abort = new AbortController();
    const timer = this.#clock.setTimeout(() => abort.abort(), this.#options.listTimeout ?? 4000);
    try {
      const send = this.#options.fetch ?? globalThis.fetch;
      const response = await send(source, { headers: { Accept: 'application/json' }, signal: abort.signal });
      if (!response.ok) return [];
      const list = await response.json() as { nodes?: unknown };
      return Array.isArray(list?.nodes) ? toUrls(list.nodes.map((node: { url?: unknown } | null) => node?.url)) : [];
    } catch {
      // No answer, or none that is a list: the caller asks elsewhere or keeps what it has.
      return [];
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }
}

function toUrls(values: readonly unknown[]): readonly string[] {
  return [...new Set(values.map(toNodeUrl).filter((url) => url !== undefined))];
}
