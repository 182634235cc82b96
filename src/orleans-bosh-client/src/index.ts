// A BOSH cluster without a load balancer, seen from the browser. README.md has the story.
export { readBody, type BodyAttributes } from './body.js';
export { BoshTransport, type BoshAnswer, type PostOptions, type TransportOptions } from './transport.js';
export type { FailedNode, LostSession, Resumption, ServingNode, TransportEvents } from './events.js';
export { nodeName, swapHost } from './node-url.js';
export { NodeList, type NodeListOptions } from './node-list.js';
export { useTransport, type StropheConnection, type StropheOptions } from './strophe.js';
export type { Clock } from './clock.js';
