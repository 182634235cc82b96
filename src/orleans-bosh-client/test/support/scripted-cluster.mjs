// Nodes that do what a test tells them: HTTP servers on 127.0.0.1, .2, .3 with one port, so that only the host tells them apart.
import { createServer } from 'node:http';
import { once } from 'node:events';

export const PATH = '/http-bind';

export class ScriptedCluster {
  #waiting = [];
  #arrived = [];

  static async start(count = 3) {
    for (;;) {
      const cluster = new ScriptedCluster();
      let port = 0;
      cluster.nodes = [];
      try {
        for (let i = 1; i <= count; i++) {
          const node = new ScriptedNode(cluster, `127.0.0.${i}`);
          port = await node.listen(port);
          cluster.nodes.push(node);
        }
        return cluster;
      } catch (error) {
        await cluster.stop();
        // The port was free on the first address only: with another one it may be free on all.
        if (error.code !== 'EADDRINUSE') throw error;
      }
    }
  }

  get urls() {
    return this.nodes.map((node) => node.url);
  }

  node(host) {
    return this.nodes.find((node) => node.host === host);
  }

  /** Receives every BOSH request instead of `next`. */
  handler = undefined;

  arrive(request) {
    if (this.handler) this.handler(request);
    else if (this.#waiting.length > 0) this.#waiting.shift()(request);
    else this.#arrived.push(request);
  }

  /** The next BOSH request at any node, in the order of their arrival. */
  next() {
    return this.#arrived.length > 0 ? Promise.resolve(this.#arrived.shift()) : new Promise((resolve) => { this.#waiting.push(resolve); });
  }

  /** So many requests, by their rids. */
  async nextOnes(count) {
    const requests = [];
    while (requests.length < count) requests.push(await this.next());
    return requests.sort((a, b) => a.rid - b.rid);
  }

  async stop() {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}

class ScriptedNode {
  /** What GET /nodes answers; undefined: 404. */
  list = undefined;
  listRequests = 0;
  #server;
  #port;

  constructor(cluster, host) {
    this.cluster = cluster;
    this.host = host;
  }

  get url() {
    return `http://${this.host}:${this.#port}${PATH}`;
  }

  get listUrl() {
    return `http://${this.host}:${this.#port}/nodes`;
  }

  async listen(port = this.#port) {
    this.#server = createServer((request, response) => this.#serve(request, response));
    this.#server.listen(port, this.host);
    await once(this.#server, 'listening');
    this.#port = this.#server.address().port;
    return this.#port;
  }

  async #serve(request, response) {
    if (request.url === '/nodes') {
      this.listRequests++;
      if (this.list === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'Content-Type': 'application/json' }).end(typeof this.list === 'string' ? this.list : JSON.stringify(this.list));
      return;
    }
    const chunks = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch (error) {
      // The client took the request back before it was all here.
      if (error.code === 'ECONNRESET') return;
      throw error;
    }
    const bytes = Buffer.concat(chunks);
    this.cluster.arrive(new ScriptedRequest(this, request, response, bytes));
  }

  /** As kill -9 has it: connections break, new ones are refused. */
  async stop() {
    if (!this.#server?.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

class ScriptedRequest {
  constructor(node, request, response, bytes) {
    this.node = node;
    this.method = request.method;
    this.headers = request.headers;
    this.response = response;
    this.bytes = bytes;
    this.text = bytes.toString();
    this.sid = /\ssid=["']([^"']*)/.exec(this.text)?.[1];
    this.rid = Number(/\srid=["']([^"']*)/.exec(this.text)?.[1]);
  }

  answer(attributes = '', children = '', status = 200) {
    this.raw(`<body xmlns='http://jabber.org/protocol/httpbind' ${attributes}>${children}</body>`, status);
  }

  raw(text, status = 200) {
    this.response.writeHead(status, { 'Content-Type': 'text/xml; charset=utf-8' }).end(text);
  }

  /** Breaks the connection. */
  drop() {
    this.response.destroy();
  }
}
