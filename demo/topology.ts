/**
 * The demo's machinery: collector, two models, twinspan, Envoy, each started when what it needs is there, all stopped
 * in the reverse order, so that Envoy sends nothing to a twinspan that is gone and twinspan's last spans still find the
 * collector. The shadow is at first a second instance of the live model; another model can be deployed in its place. It
 * and twinspan can be killed and started again, at the same addresses. All files (configurations, logs, spans) are in
 * one folder.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  describeEnd,
  ProcessFailure,
  startProcess,
  unexpectedEnd,
  type ProcessEnd,
  type RunningProcess,
} from './child-process.ts';
import { freePort, startEnvoy } from './envoy.ts';
import { envoyConfig, type Address } from './envoy-config.ts';
import { getJson } from './http-json.ts';
import type { ModelName } from './models/model.ts';
import type { ListeningLine } from './models/serve-model.ts';
import { startOtlpSink, type OtlpSink } from './otlp-sink.ts';
import { startPart, type Part, type PartOptions } from './part.ts';
import { twinspanConfig, type TwinspanAddresses } from './twinspan-config.ts';

/** What to start and where its files go. */
export type TopologyOptions = {
  readonly envoyBinary: string;
  /** Existing folder of this run alone. */
  readonly directory: string;
  /** Called when a process ends that nobody stopped; at most once. */
  readonly onFailure: (failure: ProcessFailure) => void;
};

/** Everything that runs, with its addresses. */
export type Topology = {
  readonly live: ListeningLine;
  /** As it is at first. */
  readonly shadow: ListeningLine;
  readonly envoyVersion: string;
  /** Where customers connect. */
  readonly customersUrl: string;
  /** The live model without anything between. */
  readonly liveUrl: string;
  /** twinspan's admin interface. */
  readonly adminUrl: string;
  readonly envoyAdminUrl: string;
  readonly sink: OtlpSink;
  /** Puts that model in the place of the shadow; resolves when it listens there. Throws `ProcessFailure`. */
  deployShadow(model: ModelName): Promise<ListeningLine>;
  /** What may be killed and started again. */
  readonly parts: {
    readonly shadow: Pick<Part<unknown>, 'kill' | 'restart'>;
    readonly twinspan: Pick<Part<unknown>, 'kill' | 'restart'>;
  };
  readonly files: {
    readonly twinspanConfig: string;
    readonly envoyConfig: string;
    readonly spans: string;
    readonly directory: string;
  };
  /** Stops all in order. Throws `ProcessFailure` when twinspan did not end with 0. May be called twice. */
  stop(): Promise<void>;
};

const MAX_SPANS_FILE_BYTES = 256 * 1024 * 1024;
const repository = join(import.meta.dirname, '..');

/** Starts all; throws `ProcessFailure` when a part does not start, and then nothing is left running. */
export async function startTopology(options: TopologyOptions): Promise<Topology> {
  const { directory, envoyBinary } = options;
  const stops: (() => Promise<unknown>)[] = [];
  let stopping = false;
  let endedByItself = false;
  const stop = async () => {
    stopping = true;
    let trouble: unknown;
    for (let next = stops.pop(); next !== undefined; next = stops.pop()) {
      await next().catch((error: unknown) => (trouble ??= error));
    }
    if (trouble !== undefined) throw trouble;
  };
  const reportEnd = async (process: RunningProcess<unknown>, end: ProcessEnd) => {
    if (stopping || endedByItself) return;
    endedByItself = true;
    options.onFailure(await unexpectedEnd(process, end));
  };
  const start = async <Ready>(begin: PartOptions<Ready>['start']) => {
    const part = await startPart({
      start: begin,
      onUnexpectedEnd: (process, end) => void reportEnd(process, end),
    });
    stops.push(() => part.stop());
    return part;
  };

  try {
    const spans = join(directory, 'spans.jsonl');
    const sink = await startOtlpSink({ file: { path: spans, maxBytes: MAX_SPANS_FILE_BYTES } });
    stops.push(() => sink.stop());

    const live = await start(() => startModel('iris-tree', 'live model', directory));
    let shadowModel: ModelName = 'iris-tree';
    const shadow = await start((previous: ListeningLine | undefined) =>
      startModel(shadowModel, 'shadow model', directory, previous?.port),
    );

    // twinspan must know the egress listener before Envoy runs, and Envoy twinspan's port.
    const egress: Address = `127.0.0.1:${await freePort()}`;
    const configPath = join(directory, 'twinspan.yaml');
    const twinspan = await start(async (previous: TwinspanAddresses | undefined) => {
      const shadowUrl = `http://${egress}`;
      const config = twinspanConfig({ addresses: previous, shadowUrl, otlpUrl: sink.url });
      await writeFile(configPath, config);
      return startTwinspan(configPath, directory, previous !== undefined);
    });
    stops.push(async () => {
      const stopped = await twinspan.stop();
      // Ending without an error is a part of what the demo shows.
      if (stopped === undefined || stopped.end.code === 0 || endedByItself) return;
      throw new ProcessFailure(
        `twinspan did not stop cleanly (${describeEnd(stopped.end)}); its log is ${stopped.logPath}`,
      );
    });

    const envoy = await startEnvoy({
      binary: envoyBinary,
      directory,
      config: envoyConfig({
        ingress: '127.0.0.1:0',
        egress,
        admin: '127.0.0.1:0',
        live: `127.0.0.1:${live.ready.port}`,
        shadow: `127.0.0.1:${shadow.ready.port}`,
        twinspan: twinspan.ready.extProc,
      }),
    });
    stops.push(() => envoy.stop());
    void envoy.process.ended.then((end) => reportEnd(envoy.process, end));
    const { version } = (await getJson(`http://${envoy.admin}/server_info`)) as {
      version: string;
    };

    return {
      live: live.ready,
      shadow: shadow.ready,
      envoyVersion: version.split('/')[1] ?? version,
      customersUrl: `http://${envoy.listeners['ingress'] ?? ''}`,
      liveUrl: `http://127.0.0.1:${live.ready.port}`,
      adminUrl: `http://${twinspan.ready.admin}`,
      envoyAdminUrl: `http://${envoy.admin}`,
      sink,
      deployShadow: async (model) => {
        shadowModel = model;
        await shadow.stop();
        return shadow.restart();
      },
      parts: { shadow, twinspan },
      files: { twinspanConfig: configPath, envoyConfig: envoy.configPath, spans, directory },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startModel(
  model: ModelName,
  name: string,
  directory: string,
  /** That of a process before it, which is then started again; none takes a free one. */
  port?: number,
): Promise<RunningProcess<ListeningLine>> {
  return startProcess({
    name: `the ${name}`,
    command: process.execPath,
    args: [
      join(import.meta.dirname, 'models', 'serve-model.ts'),
      '--model',
      model,
      '--port',
      String(port ?? 0),
    ],
    logPath: join(directory, `${name.replace(' ', '-')}.log`),
    appendLog: port !== undefined,
    ready: (line) => eventIn(line, 'listening') as ListeningLine | undefined,
  });
}

function startTwinspan(
  configPath: string,
  directory: string,
  isRestart: boolean,
): Promise<RunningProcess<TwinspanAddresses>> {
  return startProcess({
    name: 'twinspan',
    command: process.execPath,
    args: [join(repository, 'src', 'main.ts'), 'serve', '--config', configPath],
    environment: withoutSettings(process.env),
    logPath: join(directory, 'twinspan.log'),
    appendLog: isRestart,
    ready: (line) => eventIn(line, 'ready') as TwinspanAddresses | undefined,
  });
}

/** twinspan and its exporter read variables of these names, which would change what the written file says. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^(TWINSPAN|OTEL)_/.test(name)),
  );
}

/** The JSON object in a line of output, if it is that event. */
function eventIn(line: string, event: string): object | undefined {
  try {
    const parsed = JSON.parse(line) as { event?: string } | null;
    return parsed?.event === event ? parsed : undefined;
  } catch {
    return undefined;
  }
}
