/**
 * The connection between Envoy and twinspan: a Unix socket, mutual TLS, a twinspan that is not there, dies, comes back
 * or is stopped. Customers notice none of it.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { before, describe, it } from 'node:test';

import { freePort } from '../../demo/envoy.ts';
import { ask } from '../kit/customer.ts';
import {
  closedPort,
  cluster,
  envoy,
  filterTo,
  route,
  twinspanCluster,
  type Json,
  type TestEnvoy,
} from '../kit/envoy.ts';
import { httpService, json, type Asked, type HttpService } from '../kit/http-service.ts';
import { suiteLifetime } from '../kit/lifetime.ts';
import { twinspan, type TestTwinspan } from '../kit/twinspan.ts';
import { observer, until, type Observe } from './observer.ts';

const certificates = join(import.meta.dirname, '../fixtures/tls');
const file = (name: string): string => join(certificates, name);
const mainFile = join(import.meta.dirname, '../../src/main.ts');

const listenTls = { certFile: file('server.pem'), keyFile: file('server.key') };

/** Envoy's side of TLS to twinspan; with a client certificate, or without. */
function upstreamTls(client: 'client' | 'nobody'): Json {
  const named = (name: string) => ({ filename: file(name) });
  return {
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        sni: 'shadow.example',
        common_tls_context: {
          validation_context: {
            trusted_ca: named('ca.pem'),
            match_typed_subject_alt_names: [
              { san_type: 'DNS', matcher: { exact: 'shadow.example' } },
            ],
          },
          ...(client === 'client' && {
            tls_certificates: [
              { certificate_chain: named('client.pem'), private_key: named('client.key') },
            ],
          }),
        },
      },
    },
  };
}

describe('between Envoy and twinspan', { timeout: 120_000 }, () => {
  const lifetime = suiteLifetime();
  const twinspans = new Map<string, TestTwinspan>();
  const observers = new Map<string, Observe<Asked>>();
  let running: TestEnvoy;
  let live: HttpService;
  let shadow: HttpService;
  let folder: string;
  let port: number;

  before(async () => {
    live = await httpService(lifetime, (asked, response) =>
      json({ body: asked.body.toString() })(asked, response),
    );
    shadow = await httpService(lifetime, (asked, response) =>
      json({ body: asked.body.toString() })(asked, response),
    );
    folder = await mkdtemp(join(tmpdir(), 'twinspan-transport-'));
    lifetime.after(() => rm(folder, { recursive: true, force: true }));
    port = await freePort();
    const listening: Readonly<Record<string, unknown>> = {
      socket: `unix:${join(folder, 'ext_proc.sock')}`,
      tls: { address: '127.0.0.1:0', tls: listenTls },
      mutual: {
        address: '127.0.0.1:0',
        tls: { ...listenTls, clientCaFile: file('ca.pem'), allowedSans: ['twinspan.example'] },
      },
      anyClient: {
        address: '127.0.0.1:0',
        tls: { ...listenTls, clientCaFile: file('ca.pem') },
      },
      otherClient: {
        address: '127.0.0.1:0',
        tls: { ...listenTls, clientCaFile: file('ca.pem'), allowedSans: ['envoy.example'] },
      },
      stopping: '127.0.0.1:0',
    };
    for (const [name, listen] of Object.entries(listening)) {
      const own = await httpService(lifetime, (asked, response) =>
        json({ body: asked.body.toString() })(asked, response),
      );
      const sidecar = await twinspan(lifetime, { listen, shadow: { url: own.url } });
      twinspans.set(name, sidecar);
      observers.set(
        name,
        observer(sidecar, own, ({ headers }) => headers['x-request-id']),
      );
    }
    const addressOf = (name: string) => twinspans.get(name)!.app.addresses.extProc;
    const clusters: Readonly<Record<string, Json>> = {
      socket: twinspanCluster(addressOf('socket'), { name: 'socket' }),
      tls: twinspanCluster(addressOf('tls'), { name: 'tls', extra: upstreamTls('nobody') }),
      mutual: twinspanCluster(addressOf('mutual'), {
        name: 'mutual',
        extra: upstreamTls('client'),
      }),
      anyClient: twinspanCluster(addressOf('anyClient'), {
        name: 'anyClient',
        extra: upstreamTls('client'),
      }),
      otherClient: twinspanCluster(addressOf('otherClient'), {
        name: 'otherClient',
        extra: upstreamTls('client'),
      }),
      noClient: twinspanCluster(addressOf('mutual'), {
        name: 'noClient',
        extra: upstreamTls('nobody'),
      }),
      stopping: twinspanCluster(addressOf('stopping'), { name: 'stopping' }),
      absent: twinspanCluster(`127.0.0.1:${closedPort}`, { name: 'absent' }),
      noSocket: twinspanCluster(`unix:${join(folder, 'nothing.sock')}`, { name: 'noSocket' }),
      process: twinspanCluster(`127.0.0.1:${port}`, { name: 'process' }),
    };
    running = await envoy(lifetime, {
      listeners: Object.fromEntries(
        Object.keys(clusters).map((name) => [
          name,
          { routes: [route('/', 'live')], filter: filterTo(name) },
        ]),
      ),
      clusters: [cluster('live', live.port), ...Object.values(clusters)],
    });
  });

  const at = (name: string) => running.listeners[name]!;

  for (const [name, what] of [
    ['socket', 'a Unix socket'],
    ['tls', 'TLS'],
    ['mutual', 'mutual TLS, with a name that the file allows'],
    ['anyClient', 'mutual TLS, with any certificate that the CA signed'],
  ] as const) {
    it(`exchanges come over ${what}`, async () => {
      const { result, outcomes } = await observers.get(name)!(3, async () => {
        await ask(at(name), { path: '/items' });
        await ask(at(name), { body: 'abc' });
        return ask(at(name), { body: 'x'.repeat(100_000) });
      });
      assert.equal(JSON.parse(result.body.toString()).body.length, 100_000);
      assert.deepEqual(outcomes, { match: 3 });
    });
  }

  for (const [name, what, sidecar] of [
    ['noClient', 'without a client certificate', 'mutual'],
    ['otherClient', 'with a certificate whose name is not allowed', 'otherClient'],
  ] as const) {
    it(`an Envoy ${what} is turned away, and its customers are served`, async () => {
      const { outcomes } = await observers.get(sidecar)!(0, async () => {
        for (let count = 0; count < 3; count += 1) {
          assert.equal((await ask(at(name), { body: 'abc' })).status, 200);
        }
        await passedUnseen(name, 3);
      });
      assert.deepEqual(outcomes, {});
    });
  }

  /**
   * Resolves once so many exchanges have passed unseen. The filter's own `streams_failed` leaves out those of which
   * the end comes first (docs/discoveries/envoy.md).
   */
  async function passedUnseen(name: string, count: number): Promise<void> {
    const stat = `cluster.${name}.upstream_rq_503`;
    await until(async () => (await running.stat(stat)) >= count);
  }

  for (const [name, what] of [
    ['absent', 'on whose port nothing listens'],
    ['noSocket', 'whose socket does not exist'],
  ] as const) {
    it(`a twinspan ${what} leaves customers as they are`, async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, number) =>
          ask(at(name), { path: `/${number}`, body: 'x'.repeat(number * 1000) }),
        ),
      );
      for (const [number, { status, body }] of answers.entries()) {
        assert.equal(status, 200);
        assert.equal(JSON.parse(body.toString()).body.length, number * 1000);
      }
      await passedUnseen(name, 20);
    });
  }

  it('a twinspan that dies costs its customers nothing, and sees them again when it is back', async () => {
    const serve = async (): Promise<void> => {
      for (let count = 0; count < 5; count += 1) {
        assert.equal((await ask(at('process'), { body: 'abc' })).status, 200);
      }
    };

    const first = await startTwinspan();
    await serve();
    await matches(first, 5);
    await first.end('SIGKILL');
    await serve();
    const second = await startTwinspan();
    await serve();
    await matches(second, 5);
    assert.equal(await second.end('SIGTERM'), 0);
    await serve();
    assert.equal(shadow.asked.length, 10, 'what nobody saw is not repeated');
  });

  /** `serve` in a process of its own, on the port that the cluster `process` names. */
  async function startTwinspan(): Promise<TwinspanProcess> {
    const path = join(folder, 'twinspan.json');
    const sections = {
      version: 1,
      listen: `127.0.0.1:${port}`,
      admin: { listen: '127.0.0.1:0' },
      ops: { listen: '127.0.0.1:0' },
      shadow: { url: shadow.url },
      routes: [{ name: 'all', match: { path: '/**', methods: ['POST'] }, effects: 'none' }],
      capture: { maxLoopDelay: '60s' },
    };
    await writeFile(path, JSON.stringify(sections));
    const child = spawn(process.execPath, [mainFile, 'serve', '--config', path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const end = async (signal: NodeJS.Signals): Promise<number | null> => {
      child.kill(signal);
      const [code] = (await ended) as [number | null];
      return code;
    };
    lifetime.after(async () => void (await end('SIGKILL')));
    for await (const line of createInterface({ input: child.stdout })) {
      const { event, admin } = JSON.parse(line) as { event?: string; admin?: string };
      if (event === 'ready') return { admin: admin!, end };
    }
    throw new Error('twinspan ended before it was ready');
  }

  it('a twinspan that is stopped ends what it has begun, and customers go on', async () => {
    const { app } = twinspans.get('stopping')!;
    const enough = new AbortController();
    const served: number[] = [];
    const customers = Array.from({ length: 4 }, async () => {
      while (!enough.signal.aborted)
        served.push((await ask(at('stopping'), { body: 'abc' })).status);
    });
    await until(() => app.status().exchanges.seen >= 20);
    await app.stop();
    const before = served.length;
    await until(() => served.length > before + 20);
    enough.abort();
    await Promise.all(customers);
    assert.ok(served.every((status) => status === 200));
    const { exchanges, balance } = app.status();
    assert.deepEqual(exchanges.outcomes, { match: exchanges.seen });
    assert.deepEqual(balance, { exchanges: true, shadow: true, spans: true });
  });
});

interface TwinspanProcess {
  readonly admin: string;
  /** Resolves with its exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Resolves once so many exchanges were seen and each is a match. */
async function matches({ admin }: TwinspanProcess, count: number): Promise<void> {
  await until(async () => {
    const response = await fetch(`http://${admin}/status`);
    const status = (await response.json()) as ReturnType<TestTwinspan['app']['status']>;
    if (status.exchanges.seen < count || status.exchanges.in_flight > 0) return false;
    assert.deepEqual(status.exchanges.outcomes, { match: count });
    assert.deepEqual(status.balance, { exchanges: true, shadow: true, spans: true });
    return true;
  });
}
