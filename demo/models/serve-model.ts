/**
 * The process around one model: `node demo/models/serve-model.ts --model iris-tree --port 0`. Prints one JSON line
 * when it listens (`ListeningLine`) and ends with 0 on SIGTERM or SIGINT. Wrong flags end it with 2.
 */

import { parseArgs } from 'node:util';

import { splitIris } from './iris.ts';
import { startModelServer } from './model-server.ts';
import { accuracy, MODEL_NAMES, trainModel, type ModelName } from './model.ts';

/** What the process prints when it listens. */
export type ListeningLine = {
  readonly event: 'listening';
  readonly port: number;
  readonly model: ModelName;
  readonly version: string;
  readonly description: string;
  readonly trainingRows: number;
  readonly heldOutRows: number;
  /** Share of the held-out rows that the model names rightly. */
  readonly heldOutAccuracy: number;
};

const usage = `usage: node demo/models/serve-model.ts --model ${MODEL_NAMES.join('|')} [--port N] [--host ADDRESS]`;

function readFlags(): { name: ModelName; port: number; host: string } {
  const { values } = parseArgs({
    options: {
      model: { type: 'string' },
      port: { type: 'string', default: '0' },
      // A container's other side is reached through its own address.
      host: { type: 'string', default: '127.0.0.1' },
    },
  });
  const name = MODEL_NAMES.find((known) => known === values.model);
  const port = Number(values.port);
  if (name === undefined) throw new Error(`--model must be one of ${MODEL_NAMES.join(', ')}`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error('--port must be a whole number from 0 to 65535');
  }
  return { name, port, host: values.host };
}

async function serveModel(name: ModelName, port: number, host: string): Promise<void> {
  const { training, heldOut } = splitIris();
  const model = trainModel(name, training);
  const server = await startModelServer(model, port, host);
  const line: ListeningLine = {
    event: 'listening',
    port: server.port,
    model: model.name,
    version: model.version,
    description: model.description,
    trainingRows: training.length,
    heldOutRows: heldOut.length,
    heldOutAccuracy: accuracy(model, heldOut),
  };
  console.log(JSON.stringify(line));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void server.stop());
  }
}

try {
  const { name, port, host } = readFlags();
  await serveModel(name, port, host);
} catch (error) {
  console.error(`${(error as Error).message}\n${usage}`);
  process.exitCode = 2;
}
