/**
 * A few workers and the waiting room in front of them. A worker is started when there is work for it; one that does
 * not answer in time is ended and replaced, and so is one that breaks: the task it was at ends by name, the others go
 * to the next. Tasks wait in the order of their arrival, at most so many, so many bytes and so long; a task is made
 * ready, and its bytes are copied, only when a worker takes it.
 */
import type { Clock, Timer } from './clock.ts';
import { messageOf } from './errors.ts';
import { startWorker, type RunningWorker, type WorkerFailure } from './worker.ts';

export interface WorkerPoolOptions {
  readonly module: URL;
  readonly name: string;
  readonly workers: number;
  readonly maxHeapMebibytes: number;
  /** For one task, from when its worker is at it. */
  readonly timeoutMs: number;
  /** From the arrival of a task until a worker takes it, and for a worker to start. */
  readonly maxWaitMs: number;
  readonly maxWaiting: { readonly tasks: number; readonly bytes: number };
  readonly clock: Clock;
  readonly onStart: () => void;
  /** A worker ended that nobody asked to end. */
  readonly onFailure: (failure: WorkerFailure) => void;
}

/** `timeout`: it took, or waited, too long. `refused`: too much was waiting. `failed`: its worker broke over it. */
export type TaskEnd<Answer> =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly outOfMemory: boolean }
  | { readonly kind: 'timeout' | 'refused' | 'closed' };

export interface PreparedTask<Task> {
  readonly message: Task;
  readonly transfer: readonly ArrayBuffer[];
}

interface Pending<Task, Answer> {
  readonly bytes: number;
  readonly arrivedAt: number;
  readonly prepare: () => PreparedTask<Task>;
  readonly end: (end: TaskEnd<Answer>) => void;
}

interface Slot<Task, Answer> {
  readonly worker: RunningWorker<Task>;
  /** An ending one has no tasks any more, and its place is free when it is gone. */
  state: 'starting' | 'ready' | 'ending';
  /** Posted and not answered; it is at the first one. */
  tasks: Pending<Task, Answer>[];
  timer?: Timer;
}

/**
 * Small tasks are posted ahead, so that a worker need not wait for a turn of the event loop here between two of them.
 * What is larger is posted alone, because a posted task is a copy.
 */
const maxPosted = { tasks: 16, bytes: 512 * 1024 };
/** An answer that has come while this thread was busy is read before its worker is judged. */
const graceMs = 20;

export class WorkerPool<Task, Answer> {
  readonly #options: WorkerPoolOptions;
  readonly #slots = new Set<Slot<Task, Answer>>();
  #waiting: Pending<Task, Answer>[] = [];
  #waitingBytes = 0;
  #waitTimer: Timer | undefined;
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Tasks that have not ended. */
  get inFlight(): number {
    let count = this.#waiting.length;
    for (const { tasks } of this.#slots) count += tasks.length;
    return count;
  }

  /** Never rejects. `prepare` may be called more than once, or never. */
  run(bytes: number, prepare: () => PreparedTask<Task>): Promise<TaskEnd<Answer>> {
    const { maxWaiting, clock } = this.#options;
    if (this.#closed) return Promise.resolve({ kind: 'closed' });
    const tooMuch =
      this.#waiting.length >= maxWaiting.tasks ||
      (this.#waiting.length > 0 && this.#waitingBytes + bytes > maxWaiting.bytes);
    if (tooMuch) return Promise.resolve({ kind: 'refused' });
    return new Promise((end) => {
      this.#wait([{ bytes, arrivedAt: clock.now(), prepare, end }], 'last');
      this.#assign();
    });
  }

  /** Ends all tasks as `closed` and all workers. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waitTimer?.clear();
    const slots = [...this.#slots];
    const tasks = [...slots.flatMap((slot) => slot.tasks), ...this.#waiting];
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const { end } of tasks) end({ kind: 'closed' });
    await Promise.all(slots.map((slot) => this.#end(slot)));
  }

  #wait(tasks: Pending<Task, Answer>[], where: 'first' | 'last'): void {
    if (where === 'last') this.#waiting.push(...tasks);
    else this.#waiting.unshift(...tasks);
    for (const { bytes } of tasks) this.#waitingBytes += bytes;
    this.#watchWaiting();
  }

  #takeFirst(): Pending<Task, Answer> | undefined {
    const first = this.#waiting.shift();
    if (first !== undefined) this.#waitingBytes -= first.bytes;
    return first;
  }

  /** One timer, for the one that has waited longest; it may find that a worker has taken that one. */
  #watchWaiting(): void {
    const { clock, maxWaitMs } = this.#options;
    const first = this.#waiting[0];
    if (first === undefined || this.#waitTimer !== undefined) return;
    this.#waitTimer = clock.setTimer(first.arrivedAt + maxWaitMs - clock.now(), () => {
      this.#waitTimer = undefined;
      while ((this.#waiting[0]?.arrivedAt ?? Infinity) + maxWaitMs <= clock.now()) {
        this.#takeFirst()?.end({ kind: 'timeout' });
      }
      this.#watchWaiting();
    });
  }

  #assign(): void {
    for (let task = this.#waiting[0]; task !== undefined; task = this.#waiting[0]) {
      const { bytes } = task;
      const slot = [...this.#slots].find((candidate) => hasRoom(candidate, bytes));
      if (slot === undefined) break;
      this.#takeFirst();
      this.#post(slot, task);
    }
    if (this.#waiting.length === 0 || this.#closed) return;
    const isStarting = [...this.#slots].some(({ state }) => state === 'starting');
    if (!isStarting && this.#slots.size < this.#options.workers) this.#start();
  }

  #start(): void {
    const { module, name, maxHeapMebibytes, maxWaitMs, onStart } = this.#options;
    onStart();
    const slot: Slot<Task, Answer> = {
      worker: startWorker<Task, Answer>({
        module,
        name,
        maxHeapMebibytes,
        onReady: () => this.#onReady(slot),
        onAnswer: (answer) => this.#onAnswer(slot, answer),
        onExit: (failure) => this.#onExit(slot, failure),
      }),
      state: 'starting',
      tasks: [],
    };
    this.#slots.add(slot);
    this.#limit(slot, maxWaitMs, () => {
      this.#takeFirst()?.end({ kind: 'timeout' });
      void this.#end(slot);
    });
  }

  #onReady(slot: Slot<Task, Answer>): void {
    if (slot.state !== 'starting') return;
    slot.timer?.clear();
    slot.state = 'ready';
    this.#assign();
  }

  #post(slot: Slot<Task, Answer>, task: Pending<Task, Answer>): void {
    try {
      const { message, transfer } = task.prepare();
      slot.worker.post(message, transfer);
    } catch (error) {
      this.#options.onFailure({ message: messageOf(error), outOfMemory: false });
      task.end({ kind: 'failed', outOfMemory: false });
      return;
    }
    slot.tasks.push(task);
    if (slot.tasks.length === 1) this.#limitFirst(slot);
  }

  #limitFirst(slot: Slot<Task, Answer>): void {
    this.#limit(slot, this.#options.timeoutMs, () => {
      slot.tasks.shift()?.end({ kind: 'timeout' });
      void this.#end(slot);
    });
  }

  #limit(slot: Slot<Task, Answer>, delayMs: number, onTimeout: () => void): void {
    const { clock } = this.#options;
    slot.timer = clock.setTimer(delayMs, () => {
      slot.timer = clock.setTimer(graceMs, onTimeout);
    });
  }

  #onAnswer(slot: Slot<Task, Answer>, answer: Answer): void {
    if (slot.state !== 'ready') return;
    slot.timer?.clear();
    const task = slot.tasks.shift();
    if (slot.tasks.length > 0) this.#limitFirst(slot);
    task?.end({ kind: 'answered', answer });
    this.#assign();
  }

  /** What it was not at yet goes to the next worker. */
  #end(slot: Slot<Task, Answer>): Promise<void> {
    slot.timer?.clear();
    slot.state = 'ending';
    const rest = slot.tasks;
    slot.tasks = [];
    if (!this.#closed) this.#wait(rest, 'first');
    return slot.worker.terminate();
  }

  #onExit(slot: Slot<Task, Answer>, failure: WorkerFailure | undefined): void {
    if (failure !== undefined) {
      this.#options.onFailure(failure);
      // A worker that does not even start would be started again and again for the same task.
      const blamed = slot.state === 'starting' ? this.#takeFirst() : slot.tasks.shift();
      blamed?.end({ kind: 'failed', outOfMemory: failure.outOfMemory });
      void this.#end(slot);
    }
    this.#slots.delete(slot);
    this.#assign();
  }
}

function hasRoom({ state, tasks }: Slot<unknown, never>, bytes: number): boolean {
  if (state !== 'ready') return false;
  if (tasks.length === 0) return true;
  const posted = tasks.reduce((sum, task) => sum + task.bytes, 0);
  return tasks.length < maxPosted.tasks && posted + bytes <= maxPosted.bytes;
}
