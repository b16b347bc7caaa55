/**
 * The law of the source tree as data: who may import whom, where a foreign package may be used, how a file may be
 * called. Each rule has its reason, which is what a violation prints.
 */

/** A folder of `src/`, the stations in the order in which a request meets them. */
export interface FolderRule {
  readonly folder: string;
  /** Files that others may import: the nouns which travel. */
  readonly nouns: readonly string[];
  /** What it may import of ours besides its own files. `nouns` are those of all folders before it. */
  readonly may: readonly (
    | 'base'
    | 'nouns'
    | 'config'
    | 'report'
    | 'verdict'
    | 'fleet'
    | 'app.ts'
    | 'fleet-judge.ts'
    | 'fleet-service.ts'
    | 'cli'
    | 'types of all'
    | 'all'
  )[];
  readonly why: string;
}

const station = ['base', 'nouns'] as const;

export const folderRules: readonly FolderRule[] = [
  { folder: 'base', nouns: [], may: [], why: 'every station stands on base, so it stands on none' },
  {
    folder: 'stream',
    nouns: ['live-event.ts'],
    may: station,
    why: 'the first station knows none of those that come after it',
  },
  {
    folder: 'exchange',
    nouns: ['request.ts', 'exchange.ts', 'outcome.ts'],
    may: station,
    why: 'the live side knows nothing of the shadow side, so nothing of it can delay live',
  },
  {
    folder: 'duplicate',
    nouns: ['duplicate.ts'],
    may: station,
    why: 'what is sent is made of a request, whoever collected it and whoever sends it',
  },
  {
    folder: 'shadow',
    nouns: ['shadow-response.ts'],
    may: station,
    why: 'the client sends duplicates and does not know who reads the answers',
  },
  {
    folder: 'intake',
    nouns: [],
    may: station,
    why: 'what applications report becomes the same nouns',
  },
  {
    folder: 'comparison',
    nouns: ['pair.ts', 'comparison.ts', 'prediction.ts', 'finished-pair.ts'],
    may: station,
    why: 'the last station that sees a body hands on what may be shown, and nothing else',
  },
  {
    folder: 'telemetry',
    nouns: [],
    may: station,
    why: 'spans and metrics are made of finished nouns; store and report are no business of theirs',
  },
  {
    folder: 'store',
    nouns: [],
    may: station,
    why: 'rows are made of finished nouns; telemetry and report are no business of theirs',
  },
  {
    folder: 'report',
    nouns: ['tally.ts'],
    may: station,
    why: 'what people read is made of finished nouns; telemetry and store are no business of theirs',
  },
  {
    folder: 'verdict',
    nouns: ['verdict.ts'],
    may: station,
    why: 'the decision is a function of counts',
  },
  {
    folder: 'fleet',
    nouns: [],
    may: station,
    why: 'what many replicas counted becomes the same noun, whoever decides by it',
  },
  {
    folder: 'admin',
    nouns: [],
    may: ['base'],
    why: 'the window is given functions to look through, so it can hold nothing of customers',
  },
  {
    folder: 'config',
    nouns: [],
    may: ['base', 'types of all'],
    why: 'the schema may speak of the option types of any station, and runs none of them',
  },
  {
    folder: 'app',
    nouns: [],
    may: ['base'],
    why: 'it runs inside other programs, which want nothing of the sidecar',
  },
  {
    folder: 'cli',
    nouns: [],
    may: [
      ...(['base', 'config', 'report', 'verdict', 'fleet'] as const),
      ...(['app.ts', 'fleet-judge.ts', 'fleet-service.ts'] as const),
    ],
    why: 'a command reads the configuration, starts the whole or prints a report; the parts are the business of app.ts',
  },
];

/** Files at the top of `src/`. */
export const mainRule: FolderRule = {
  folder: 'main.ts',
  nouns: [],
  may: ['base', 'config', 'app.ts', 'cli'],
  why: 'the command line chooses a command, which does the rest',
};
export const compositionRule: FolderRule = {
  folder: 'the top of src/',
  nouns: [],
  may: ['all'],
  why: 'the composition knows every station, and no command',
};

/** Packages, and Node modules that open the network or a database, by where they may be imported. */
export const fences: readonly {
  /** A package with all that is below it, or the name of a Node module. */
  readonly name: string;
  /** A file of `src/`, or a folder when it ends in a slash. */
  readonly in: readonly string[];
  readonly why: string;
}[] = [
  {
    name: 'undici',
    in: ['shadow/client.ts'],
    why: 'one file knows the HTTP client, so one file can break promises about what is sent',
  },
  { name: '@grpc', in: ['stream/'], why: 'only the first station speaks to Envoy' },
  { name: 'grpc-health-check', in: ['stream/'], why: 'only the first station speaks to Envoy' },
  { name: 'protobufjs', in: ['stream/'], why: "only the first station knows Envoy's bytes" },
  {
    name: '@opentelemetry',
    in: ['telemetry/'],
    why: 'spans are made in one place, after the fact',
  },
  { name: 'zod', in: ['config/'], why: 'the schema is the only place that validates input' },
  { name: 'yaml', in: ['config/'], why: 'only the configuration is YAML' },
  { name: 'pino', in: ['base/log.ts'], why: 'everyone logs through one seam' },
  {
    name: 'node:http',
    in: ['admin/server.ts', 'telemetry/otlp-sender.ts'],
    why: "the window is the only HTTP/1 server, and requests go out by shadow/'s client; the OTLP exporter takes an Agent",
  },
  {
    name: 'node:https',
    in: ['telemetry/otlp-sender.ts'],
    why: "requests go out by shadow/'s client; the OTLP exporter takes an Agent",
  },
  { name: 'node:http2', in: ['stream/'], why: 'only the first station speaks to Envoy' },
  {
    name: 'node:worker_threads',
    in: ['base/worker.ts'],
    why: 'one file starts threads, so that all of them are bounded, unreferenced, and found when built',
  },
  { name: 'node:sqlite', in: ['store/'], why: 'one station knows the database' },
];

/** Names that say nothing about what is inside, so that everything ends up there. */
export const drawers: readonly string[] = [
  'common',
  'core',
  'domain',
  'helper',
  'helpers',
  'index',
  'lib',
  'misc',
  'shared',
  'types',
  'util',
  'utils',
];

export const maxCodeLines = 300;

/** Files with logic that have no unit test of their own, by the test below `test/` that proves them instead. */
export const testedElsewhere: Readonly<Record<string, string>> = {
  // Composition: what it does is what the whole does.
  'app.ts': 'journey/story.test.ts',
  'journey.ts': 'journey/hand-overs.test.ts',
  'stations.ts': 'journey/story.test.ts',
  'status.ts': 'journey/story.test.ts',
  'targets.ts': 'journey/control.test.ts',
  'reports.ts': 'journey/control.test.ts',
  'main.ts': 'package/built-package.test.ts',
  'cli/serve.ts': 'package/built-package.test.ts',
  'fleet-service.ts': 'unit/cli/verdict-serve.test.ts',
  // Parts of one command, one answer, one page of metrics, tested as that.
  'admin/answers.ts': 'unit/admin/routes.test.ts',
  'admin/verdict-query.ts': 'unit/admin/routes.test.ts',
  'cli/verdict-markdown.ts': 'unit/cli/verdict-text.test.ts',
  'cli/verdict.ts': 'journey/verdict-command.test.ts',
  'cli/ask-twinspan.ts': 'journey/verdict-command.test.ts',
  'cli/verdict-source.ts': 'journey/verdict-command.test.ts',
  'cli/verdict-table.ts': 'unit/cli/verdict-text.test.ts',
  'fleet/scrapes.ts': 'unit/fleet/process-counts.test.ts',
  'telemetry/verdict-metrics.ts': 'unit/telemetry/metrics.test.ts',
  // A noun and the one word of it.
  'comparison/prediction.ts': 'unit/comparison/prediction/label-tally.test.ts',
  // The module that a worker runs.
  'comparison/compare-worker.ts': 'unit/comparison/offload.test.ts',
  // The configuration as data: it is read by loading files.
  'config/fields.ts': 'unit/config/validate.test.ts',
  'config/reading.ts': 'unit/config/syntax.test.ts',
  'config/route-rules.ts': 'unit/config/rules.test.ts',
  'config/schema.ts': 'unit/config/validate.test.ts',
  'config/schema-capture.ts': 'unit/config/validate.test.ts',
  'config/schema-comparison.ts': 'unit/config/validate.test.ts',
  'config/schema-connections.ts': 'unit/config/validate.test.ts',
  'config/schema-deployments.ts': 'unit/config/validate.test.ts',
  'config/schema-routes.ts': 'unit/config/validate.test.ts',
  'config/schema-telemetry.ts': 'unit/config/validate.test.ts',
  'config/schema-verdict.ts': 'unit/config/validate.test.ts',
  // Halves of one thing, tested as that thing.
  'stream/answer.ts': 'unit/stream/open-answers.test.ts',
  'stream/process-call.ts': 'unit/stream/server.test.ts',
  'stream/stream-result.ts': 'unit/stream/open-answers.test.ts',
  'stream/wire-fields.ts': 'unit/stream/wire.test.ts',
  'stream/wire-headers.ts': 'unit/stream/wire.test.ts',
  // Envoy's own .proto files, which the scanner is held against.
  'stream/reference.ts': 'property/wire.test.ts',
};
