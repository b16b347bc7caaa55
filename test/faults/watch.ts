/** What the suite sees of another process from outside: how long it does not answer, and whether it listens at all. */
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';

const betweenMs = 20;

/** Asks again and again, one request after the other; resolves with the time that each answer took. */
export function watchAnswers(url: string): { stop(): Promise<readonly number[]> } {
  const agent = new Agent({ keepAlive: true });
  const tookMs: number[] = [];
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const began = performance.now();
      await ask(url, agent).catch(() => {});
      tookMs.push(performance.now() - began);
      await setTimeout(betweenMs);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await watching;
      agent.destroy();
      return tookMs;
    },
  };
}

async function ask(url: string, agent: Agent): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const outgoing = get(url, { agent }, (response) => {
      response.resume().once('end', resolve).once('error', reject);
    });
    outgoing.once('error', reject);
  });
}

/** Whether nobody listens on the address. */
export async function refuses(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  const socket = connect({ host: host!, port: Number(port) });
  try {
    await once(socket, 'connect');
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}
