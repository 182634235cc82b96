// fetch that tells answers in the order of the rids, for stanza.js: see order.mjs.
import { expectAnswer } from './order.mjs';

const { fetch } = globalThis;

globalThis.fetch = async (url, options) => {
  const end = expectAnswer(String(options?.body));
  const inOrder = (isAnswer) => new Promise((resolve) => { end(resolve, isAnswer); });
  try {
    const response = await fetch(url, options);
    const entity = await response.text();
    await inOrder(response.ok);
    // All that stanza.js reads. A Response would give its text after some turns more or fewer, and the order would be lost again.
    return { ok: response.ok, status: response.status, text: async () => entity };
  } catch (error) {
    await inOrder(false);
    throw error;
  }
};
