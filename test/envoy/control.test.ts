/**
 * A control behind a real Envoy: a share of what customers ask also meets a second instance of the live version
 * instead of the shadow. Customers are served by live alone, whatever becomes of the control.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, describe, it } from 'node:test';

import type { NoiseReport } from '../../src/report/noise/report.ts';
import { ask } from '../kit/customer.ts';
import { closedPort, cluster, envoy, filterTo, route, twinspanCluster } from '../kit/envoy.ts';
import { httpService, type Asked, type HttpService } from '../kit/http-service.ts';
import { suiteLifetime } from '../kit/lifetime.ts';
import { twinspan, type TestTwinspan } from '../kit/twinspan.ts';

const share = 0.5;
const exchanges = 40;

function answering(label: string): Parameters<typeof httpService>[1] {
  return (_asked, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ id: randomUUID(), label }));
  };
}

describe('a control behind Envoy', { timeout: 120_000 }, () => {
  const lifetime = suiteLifetime();
  let live: HttpService;
  let control: HttpService;
  let shadow: HttpService;
  let sidecar: TestTwinspan;
  let withoutControl: TestTwinspan;
  let listeners: Readonly<Record<string, string>>;

  before(async () => {
    live = await httpService(lifetime, answering('old'));
    control = await httpService(lifetime, answering('old'));
    shadow = await httpService(lifetime, answering('new'));
    sidecar = await twinspan(lifetime, {
      shadow: { url: shadow.url },
      control: { url: control.url, ratio: share },
    });
    withoutControl = await twinspan(lifetime, {
      shadow: { url: shadow.url, breaker: { failures: 2, window: '60s', open: '60s' } },
      control: { url: `http://127.0.0.1:${closedPort}`, ratio: share },
    });
    const routes = [route('/', 'live')];
    const running = await envoy(lifetime, {
      listeners: { main: { routes }, downControl: { routes, filter: filterTo('down-control') } },
      clusters: [
        cluster('live', live.port),
        twinspanCluster(sidecar.app.addresses.extProc),
        twinspanCluster(withoutControl.app.addresses.extProc, { name: 'down-control' }),
      ],
    });
    listeners = running.listeners;
  });

  /** Asks one after the other; every answer is live's. */
  async function askAll(address: string): Promise<void> {
    for (let index = 0; index < exchanges; index += 1) {
      const { status, body } = await ask(address, { body: JSON.stringify({ index }) });
      assert.equal(status, 200);
      assert.equal((JSON.parse(body.toString()) as { label: string }).label, 'old');
    }
  }

  it('each exchange goes to one of both, once, and what live varies in is told apart', async () => {
    await askAll(listeners['main']!);
    await sidecar.settled(exchanges);
    const idOf = ({ headers }: Asked): string => String(headers['x-request-id']);
    const ids = [...shadow.asked, ...control.asked].map(idOf);
    assert.equal(new Set(ids).size, exchanges);
    assert.deepEqual(ids.toSorted(), live.asked.map(idOf).toSorted());
    const status = sidecar.app.status();
    assert.deepEqual(status.exchanges.outcomes, {
      mismatch: shadow.asked.length,
      control: control.asked.length,
    });
    assert.equal(status.shadow.sent, shadow.asked.length);
    assert.equal(status.control.answered, control.asked.length);
    assert.deepEqual(status.balance, { exchanges: true, shadow: true, spans: true });
    for (const { headers, body } of control.asked) {
      assert.equal(headers['baggage'], 'twinspan.deployment.mode=control');
      assert.match(body.toString(), /^\{"index":\d+\}$/);
    }

    const { routes } = (await sidecar.admin('/v1/noise')) as NoiseReport;
    const [noise] = routes;
    assert.deepEqual(
      noise?.groups.map(({ group, control: noisy, shadow: raw }) => [
        group,
        noisy.differed,
        raw.differed,
      ]),
      [
        ['/id', control.asked.length, shadow.asked.length],
        ['/label', 0, shadow.asked.length],
      ],
    );
    assert.equal(noise?.control.latencyOffset?.pairs, control.asked.length);
  });

  it('the spans of an exchange with the control name it', async () => {
    await sidecar.collector.waitFor((spans) => spans.length === 3 * exchanges);
    const modes = sidecar.collector.spans
      .map(({ attributes }) => attributes['twinspan.deployment.mode'])
      .filter((mode) => mode !== undefined);
    const count = (mode: string): number => modes.filter((other) => other === mode).length;
    assert.deepEqual(
      [count('live'), count('shadow'), count('control')],
      [exchanges, shadow.asked.length, control.asked.length],
    );
  });

  it('a control that is down costs two exchanges, and then its share meets the shadow', async () => {
    await askAll(listeners['downControl']!);
    await withoutControl.settled(exchanges);
    const { exchanges: books, control: side, balance } = withoutControl.app.status();
    assert.deepEqual(books.outcomes, { control: 2, mismatch: exchanges - 2 });
    assert.equal(side.failed, 2);
    assert.deepEqual(balance, { exchanges: true, shadow: true, spans: true });
  });
});
