/** The attributes of a `<body/>`, by their names as written. */
export type BodyAttributes = ReadonlyMap<string, string>;

// An attribute's value may hold a `>`, so the tag does not simply end at the first one.
const START_TAG = /^\s*(?:<\?xml[^>]*\?>\s*)?<body((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*\/?>/;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/**
 * Reads the start tag of a `<body/>` (XEP-0124) and nothing else; undefined if the text is none. What is read here (sid, rid, host, type
 * and the numbers) never needs an escape, so none is resolved.
 */
export function readBody(text: string): BodyAttributes | undefined {
  const tag = START_TAG.exec(text);
  if (!tag) return undefined;
  return new Map([...(tag[1] ?? '').matchAll(ATTRIBUTE)].map(([, name, double, single]) => [name as string, double ?? single ?? '']));
}

/** A number of seconds, as milliseconds; undefined if it is missing or makes no sense. */
export function readSeconds(body: BodyAttributes, name: string): number | undefined {
  const value = body.get(name);
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : undefined;
}

/** What a server would answer that knows nothing of the session: libraries know how to end it. */
export function terminateBody(condition: string): string {
  return `<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='${condition}'/>`;
}
