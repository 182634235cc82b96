const NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;
const IPV6 = /^(?:\[([0-9a-f.]*:[0-9a-f:.]*)\]|([0-9a-f.]*:[0-9a-f:.]*))$/i;

/**
 * The URL at another host; undefined if `host` is not a bare name or address. Only the host is swapped: scheme, port and path stay, as
 * Tigase's clients do it. An IPv6 address may stand in brackets or, as Tigase writes it, without.
 */
export function swapHost(url: string, host: string): string | undefined {
  const [, bracketed, bare] = IPV6.exec(host) ?? [];
  const ipv6 = bracketed ?? bare;
  if (ipv6 === undefined && !NAME.test(host)) return undefined;
  const swapped = new URL(url);
  const before = swapped.hostname;
  swapped.hostname = ipv6 === undefined ? host : `[${ipv6}]`;
  // The setter says nothing when the host is none (999.1.1.1, a lone `::1::`): it leaves the old one.
  if (swapped.hostname === before && !isSame(before, host, ipv6)) return undefined;
  return swapped.href;
}

function isSame(hostname: string, host: string, ipv6: string | undefined): boolean {
  try {
    return new URL(`http://${ipv6 === undefined ? host : `[${ipv6}]`}`).hostname === hostname;
  } catch {
    // Not a host at all, and so not the same one.
    return false;
  }
}

/** How people call a node: the host of its URL, an IPv6 address without brackets. */
export function nodeName(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
}

/** An absolute http(s) URL in its one spelling; undefined if it is none. */
export function toNodeUrl(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    const url = new URL(value, globalThis.location?.href);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined;
  } catch {
    // A list comes from outside; an entry that cannot be used is left out.
    return undefined;
  }
}
