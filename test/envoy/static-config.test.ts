/**
 * envoy/static.yaml at work in a real Envoy, with small servers in place of the service, the shadow and twinspan: the
 * kill switch, what is kept away from twinspan, and what the way to the shadow says about its answers.
 */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, beforeEach, describe, it, type TestContext } from 'node:test';

import { findEnvoy } from '../../demo/envoy-finder.ts';
import { freePort, startEnvoy, type Envoy } from '../../demo/envoy.ts';
import { lintEnvoy } from '../../src/cli/envoy-lint.ts';
import { egressFailureOf, egressHeader } from '../../src/shadow/egress.ts';
import { startExtProcListener, type ExtProcListener } from './ext-proc-listener.ts';
import {
  findByType,
  localCluster,
  staticConfig,
  withCluster,
  type Bootstrap,
} from './shipped-configs.ts';

/** Long enough for any machine; a test that comes here has failed. */
const patienceMs = 60_000;

describe('envoy/static.yaml in a running Envoy', { timeout: 2 * patienceMs }, () => {
  let binary: string;
  let folder: string;

  before(async () => {
    binary = await findEnvoy({ log: (line) => console.error(line) });
  });
  beforeEach(async (context) => {
    folder = await mkdtemp(join(tmpdir(), 'twinspan-static-'));
    (context as TestContext).after(() => rm(folder, { recursive: true, force: true }));
  });

  /** static.yaml with free ports instead of its own and these in place of what is behind it. */
  async function run(
    context: TestContext,
    ports: { readonly live?: number; readonly shadow?: number; readonly twinspan: number },
    change: (bootstrap: Bootstrap) => void = () => {},
  ): Promise<Envoy> {
    const config = withPorts(staticConfig(), ports);
    change(config);
    const envoy = await startEnvoy({ binary, config, directory: folder, concurrency: 1 });
    context.after(() => envoy.stop());
    return envoy;
  }

  it('shows every exchange to twinspan until twinspan.sample is 0, and again when it is 100', async (context) => {
    const { twinspan, live } = await surroundings(context);
    const envoy = await run(context, { live, twinspan: twinspan.port });

    assert.equal((await call(envoy, 'ingress', '/on')).status, 200);
    await twinspan.shown('/on');

    await setRuntime(envoy, 'twinspan.sample=0');
    for (let number = 0; number < 20; number += 1) {
      assert.equal((await call(envoy, 'ingress', '/off')).status, 200);
    }
    await setRuntime(envoy, 'twinspan.sample=100');
    assert.equal((await call(envoy, 'ingress', '/again')).status, 200);
    await twinspan.shown('/again');

    assert.equal(twinspan.exchanges.length, 2);
  });

  it('gives `twinspan check` nothing to complain about', async (context) => {
    const { twinspan } = await surroundings(context);
    const envoy = await run(context, { twinspan: twinspan.port });

    const dump: unknown = await (await fetch(`http://${envoy.admin}/config_dump`)).json();

    assert.deepEqual(lintEnvoy(dump, { requireObservability: true }), []);
  });

  it('keeps a route that says so away from twinspan', async (context) => {
    const { twinspan, live } = await surroundings(context);
    const envoy = await run(context, { live, twinspan: twinspan.port });

    assert.equal((await call(envoy, 'ingress', '/healthz')).status, 200);
    assert.equal((await call(envoy, 'ingress', '/shown')).status, 200);
    await twinspan.shown('/shown');

    assert.equal(twinspan.exchanges.length, 1);
  });

  it('lets websockets work and shows nothing of them', async (context) => {
    const { twinspan, live } = await surroundings(context);
    const envoy = await run(context, { live, twinspan: twinspan.port });

    assert.equal(await echoOverUpgrade(envoy, 'a frame'), 'a frame');
    assert.equal((await call(envoy, 'ingress', '/shown')).status, 200);
    await twinspan.shown('/shown');

    assert.equal(twinspan.exchanges.length, 1);
  });

  it('serves uploads and downloads of any size while twinspan stands still', async (context) => {
    const { live } = await surroundings(context);
    const stopped = fork(join(import.meta.dirname, 'ext-proc-listener.ts'));
    context.after(async () => {
      const ended = once(stopped, 'exit');
      stopped.kill('SIGKILL');
      await ended;
    });
    const [{ port }] = (await once(stopped, 'message')) as [{ port: number }];
    const envoy = await run(context, { live, twinspan: port });
    const shown = once(stopped, 'message');
    await call(envoy, 'ingress', '/before');
    await shown;

    stopped.kill('SIGSTOP');
    // Above the 16 MiB at which Envoy, left to its defaults, stops reading from the customer.
    const body = Buffer.alloc(40 * 1024 * 1024);
    const [upload, download] = [
      await call(envoy, 'ingress', '/upload', { body }),
      await call(envoy, 'ingress', `/bytes/${body.length}`),
    ];

    assert.equal(upload.body.toString(), String(body.length));
    assert.equal(download.body.length, body.length);
  });

  it('says on the way to the shadow that the shadow itself answered, whatever the shadow says', async (context) => {
    const { twinspan, shadow } = await surroundings(context);
    const envoy = await run(context, { shadow, twinspan: twinspan.port });

    const answer = await call(envoy, 'shadow_egress', '/lie');

    assert.equal(answer.headers[egressHeader], 'via_upstream -');
    assert.equal(answer.headers['server'], 'the shadow');
    assert.equal(twinspan.exchanges.length, 0);
  });

  it('hands path, request id and no header of its own making to the shadow', async (context) => {
    const { twinspan, shadow } = await surroundings(context);
    const envoy = await run(context, { shadow, twinspan: twinspan.port });
    const path = '/echo//a/../%2e%2F;x?q=%20&&y=';

    const answer = await call(envoy, 'shadow_egress', path, {
      headers: { 'x-request-id': 'the-live-one', host: 'shadow.example' },
    });

    const echoed = JSON.parse(answer.body.toString()) as { url: string; headers: string[] };
    assert.equal(echoed.url, path);
    assert.deepEqual(echoed.headers.toSorted(), [
      'host: shadow.example',
      'x-forwarded-proto: http',
      'x-request-id: the-live-one',
    ]);
  });

  const withoutAnswer: readonly {
    readonly what: string;
    readonly path: string;
    readonly status: number;
    readonly kind: string;
  }[] = [
    { what: 'resets the connection', path: '/reset', status: 503, kind: 'shadow_reset' },
    { what: 'does not answer in time', path: '/hang', status: 504, kind: 'shadow_timeout' },
  ];
  for (const { what, path, status, kind } of withoutAnswer) {
    it(`says on the way to the shadow that the shadow ${what}`, async (context) => {
      const { twinspan, shadow } = await surroundings(context);
      const envoy = await run(context, { shadow, twinspan: twinspan.port }, shortEgressTimeout);

      const answer = await call(envoy, 'shadow_egress', path);

      assert.equal(answer.status, status);
      assert.equal(egressFailureOf(String(answer.headers[egressHeader]))?.kind, kind);
    });
  }

  it('says on the way to the shadow that nothing listens there', async (context) => {
    const { twinspan } = await surroundings(context);
    const envoy = await run(context, { shadow: await freePort(), twinspan: twinspan.port });

    const answer = await call(envoy, 'shadow_egress', '/');

    assert.equal(answer.status, 503);
    assert.equal(egressFailureOf(String(answer.headers[egressHeader]))?.kind, 'shadow_connect');
  });

  it('says on the way to the shadow that Envoy refused a request before it had a route', async (context) => {
    const { twinspan, shadow } = await surroundings(context);
    const envoy = await run(context, { shadow, twinspan: twinspan.port });

    const answer = await call(envoy, 'shadow_egress', '/', {
      headers: { 'x-large': 'x'.repeat(100_000) },
    });

    assert.equal(answer.status, 431);
    assert.equal(answer.headers[egressHeader], 'http1.headers_too_large -');
  });
});

interface Surroundings {
  readonly twinspan: ExtProcListener;
  readonly live: number;
  readonly shadow: number;
}

async function surroundings(context: TestContext): Promise<Surroundings> {
  const twinspan = await startExtProcListener();
  context.after(() => twinspan.stop());
  return {
    twinspan,
    live: await serve(context, answerAsLive),
    shadow: await serve(context, answerAsShadow),
  };
}

async function serve(context: TestContext, listener: RequestListener): Promise<number> {
  const server: Server = createServer(listener);
  server.on('upgrade', (_request, socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    );
    socket.pipe(socket);
    // Envoy may reset it when the test is over.
    socket.on('error', () => {});
    context.after(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** `/bytes/N` is N bytes; everything else is answered with the length of what was sent. */
const answerAsLive: RequestListener = (incoming, response) => {
  let bytes = 0;
  incoming.on('data', (chunk: Buffer) => (bytes += chunk.length));
  incoming.on('end', () => {
    const wanted = /^\/bytes\/(\d+)$/.exec(incoming.url ?? '')?.[1];
    response.end(wanted === undefined ? String(bytes) : Buffer.alloc(Number(wanted)));
  });
};

const answerAsShadow: RequestListener = (incoming, response) => {
  const path = incoming.url ?? '';
  if (path === '/reset') incoming.socket.destroy();
  else if (path === '/lie') {
    response.writeHead(200, { [egressHeader]: 'response_timeout UT', server: 'the shadow' }).end();
  } else if (path.startsWith('/echo')) {
    const { rawHeaders } = incoming;
    const headers = rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : [],
    );
    response.end(JSON.stringify({ url: path, headers }));
  } else if (path !== '/hang') response.end();
};

function withPorts(
  bootstrap: Bootstrap,
  ports: { readonly live?: number; readonly shadow?: number; readonly twinspan: number },
): Bootstrap {
  const anyPort = { socket_address: { address: '127.0.0.1', port_value: 0 } };
  const { listeners, clusters } = bootstrap.static_resources;
  const twinspan = clusters.find(({ name }) => name === 'twinspan')!;
  const { type, load_assignment } = localCluster('twinspan', ports.twinspan);
  // The other settings of twinspan's cluster are what is tested.
  const replaced = [
    { ...twinspan, type, load_assignment },
    localCluster('live', ports.live ?? 1),
    localCluster('shadow', ports.shadow ?? 1),
  ];
  return replaced.reduce<Bootstrap>((config, cluster) => withCluster(config, cluster), {
    ...bootstrap,
    admin: { address: anyPort },
    static_resources: {
      listeners: listeners.map((listener) => ({ ...listener, address: anyPort })),
      clusters,
    },
  });
}

function shortEgressTimeout(bootstrap: Bootstrap): void {
  const egress = bootstrap.static_resources.listeners.find(({ name }) => name === 'shadow_egress');
  const [manager] = findByType(egress, 'HttpConnectionManager');
  const { virtual_hosts: hosts } = manager!['route_config'] as {
    readonly virtual_hosts: readonly [
      { readonly routes: readonly [{ route: { timeout: string } }] },
    ];
  };
  hosts[0].routes[0].route.timeout = '0.2s';
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function call(
  envoy: Envoy,
  listener: 'ingress' | 'shadow_egress',
  path: string,
  options: { readonly body?: Buffer; readonly headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...hostAndPort(envoy.listeners[listener]!),
        path,
        method: options.body === undefined ? 'GET' : 'POST',
        headers: options.headers ?? {},
        // A connection of its own, so that no request meets one that Envoy is closing.
        agent: false,
        setDefaultHeaders: options.headers?.['host'] === undefined,
        signal: AbortSignal.timeout(patienceMs),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode: status, headers } = response;
          resolve({ status, headers, body: Buffer.concat(chunks) });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

async function echoOverUpgrade(envoy: Envoy, text: string): Promise<string> {
  const outgoing = request({
    ...hostAndPort(envoy.listeners['ingress']!),
    path: '/socket',
    agent: false,
    headers: { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-key': 'a2V5' },
    signal: AbortSignal.timeout(patienceMs),
  });
  outgoing.end();
  const [, socket, head] = (await once(outgoing, 'upgrade')) as [
    unknown,
    NodeJS.ReadWriteStream & { destroy(): void },
    Buffer,
  ];
  let received = head.toString();
  socket.write(text);
  while (received.length < text.length) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    received += chunk.toString();
  }
  socket.destroy();
  return received;
}

async function setRuntime(envoy: Envoy, setting: string): Promise<void> {
  const response = await fetch(`http://${envoy.admin}/runtime_modify?${setting}`, {
    method: 'POST',
  });
  assert.equal(response.status, 200, await response.text());
}

function hostAndPort(address: string): { host: string; port: number } {
  const [host = '', port] = address.split(':');
  return { host, port: Number(port) };
}
