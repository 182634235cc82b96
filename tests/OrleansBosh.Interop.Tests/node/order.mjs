// The server answers in the order of the rids, but on two connections, and a client that takes answers as it happens to read them would see
// the texts of a burst out of order now and then, by no fault of the server; after a broken connection even as a rule, because the repeated
// request gets its answer after the newer one. XEP-0124 §8 lets a client put answers into the order of the rids: this does it for those
// that don't.

/** The requests of all sessions that have no answer yet. */
const sessions = new Map();

/** Notes a request; gives what is to be called with what to do when it has ended, and whether that was by an answer. */
export function expectAnswer(entity) {
  const sid = /\ssid=["']([^"']+)/.exec(entity)?.[1];
  // A creation has no session yet and nothing to wait for.
  if (!sid) return (tell) => tell();
  const rid = Number(/\srid=["'](\d+)/.exec(entity)[1]);
  if (!sessions.has(sid)) sessions.set(sid, new Map());
  const open = sessions.get(sid);
  // Sent again after a failure, it takes the place of its first try.
  const request = { tell: null };
  open.set(rid, request);
  return (tell, isAnswer) => {
    if (!isAnswer) {
      tell();
      return;
    }
    request.tell = tell;
    tellInOrder(open);
  };
}

function tellInOrder(open) {
  const first = Math.min(...open.keys());
  const next = open.get(first);
  if (!next?.tell) return;
  open.delete(first);
  next.tell();
  // Not at once: the client may still have to wait for a promise or two before it has taken this one.
  setImmediate(tellInOrder, open);
}
