/**
 * A worker thread of ours, from both sides: `startWorker` in the thread that has the work, `answerTasks` in the module
 * that does it. What happens to the thread is data: an answer, or the end with its reason; nothing is thrown. A worker
 * gets no environment and no command line, has a bounded heap, and never keeps the process alive.
 */
import { parentPort, Worker } from 'node:worker_threads';

import { messageOf, systemCodeOf } from './errors.ts';

/** The end of a worker that nobody asked to end. */
export interface WorkerFailure {
  readonly message: string;
  /** It reached the bound of its heap. */
  readonly outOfMemory: boolean;
}

export interface WorkerOptions<Answer> {
  /** Calls `answerTasks` when it is loaded; see `moduleBeside`. */
  readonly module: URL;
  /** Seen in debuggers and lists of threads. */
  readonly name: string;
  /** Of JavaScript objects; buffers are outside of it. */
  readonly maxHeapMebibytes: number;
  /** Its module is loaded: what is posted from now on is begun at once. */
  readonly onReady: () => void;
  /** One answer a task, in the order of the tasks. */
  readonly onAnswer: (answer: Answer) => void;
  /** The last call, once; without a failure it was asked to end. */
  readonly onExit: (failure?: WorkerFailure) => void;
}

export interface RunningWorker<Task> {
  /** @throws when the task cannot be cloned */
  post(task: Task, transfer: readonly ArrayBuffer[]): void;
  /** Ends it wherever it is, also in an endless loop; resolves when it is gone. Idempotent. */
  terminate(): Promise<void>;
}

/** The module `name` beside the caller's (`import.meta.url`), as source when that is source and built when it is built. */
export function moduleBeside(callerUrl: string, name: string): URL {
  return new URL(`./${name}${callerUrl.slice(callerUrl.lastIndexOf('.'))}`, callerUrl);
}

type Message<Answer> = { readonly kind: 'ready' } | { readonly kind: 'answer'; answer: Answer };

export function startWorker<Task, Answer>(options: WorkerOptions<Answer>): RunningWorker<Task> {
  let failure: WorkerFailure | undefined;
  let asked = false;
  let worker: Worker;
  try {
    worker = new Worker(options.module, {
      name: options.name,
      env: {},
      execArgv: [],
      argv: [],
      resourceLimits: { maxOldGenerationSizeMb: options.maxHeapMebibytes },
    });
  } catch (error) {
    // The system has no thread to give. As with any other end, the caller hears of it later.
    queueMicrotask(() => options.onExit({ message: messageOf(error), outOfMemory: false }));
    return { post: () => {}, terminate: () => Promise.resolve() };
  }
  worker.unref();
  worker.on('message', (message: Message<Answer>) => {
    if (message.kind === 'ready') options.onReady();
    else options.onAnswer(message.answer);
  });
  worker.on('error', (error) => {
    const outOfMemory = systemCodeOf(error) === 'ERR_WORKER_OUT_OF_MEMORY';
    failure = { message: messageOf(error), outOfMemory };
  });
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', (code) => {
      if (asked) options.onExit();
      else options.onExit(failure ?? { message: `it ended with ${code}`, outOfMemory: false });
      resolve();
    });
  });
  return {
    post: (task, transfer) => worker.postMessage(task, transfer),
    async terminate() {
      asked = true;
      await worker.terminate();
      await exited;
    },
  };
}

/** Answers every task that is posted to this thread; to be called by the module of a worker. */
export function answerTasks(answer: (task: never) => unknown): void {
  const port = parentPort;
  if (port === null) throw new Error('this module is run by a worker thread only');
  port.on('message', (task: unknown) => {
    port.postMessage({ kind: 'answer', answer: answer(task as never) } satisfies Message<unknown>);
  });
  port.postMessage({ kind: 'ready' } satisfies Message<unknown>);
}
