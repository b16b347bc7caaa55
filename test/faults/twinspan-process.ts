/**
 * twinspan as it runs in production: `node src/main.ts serve`, a process of its own with a configuration file, on one
 * ext_proc port over all its restarts. Signals reach it by process id; what it says of itself comes from its ports and
 * its log.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  describeEnd,
  startProcess,
  type ProcessEnd,
  type RunningProcess,
} from '../../demo/child-process.ts';
import { getJson } from '../../demo/http-json.ts';
import type { Status } from '../../src/status.ts';
import { onSteadyPort } from './steady-port.ts';

/** Sections of the configuration file that replace those of the suite. */
export type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface ReadyLine {
  readonly extProc: string;
  readonly admin: string;
}

/** The last line of a drained process. */
interface StoppedLine {
  readonly exchanges: Status['exchanges'];
  readonly balance: Status['balance'];
}

const repository = join(import.meta.dirname, '..', '..');

export class TwinspanProcess {
  readonly #directory: string;
  readonly #base: Sections;
  readonly #listen: string;
  #process: RunningProcess<ReadyLine> | undefined;
  #pid = 0;
  #worstCaseMiB = Number.POSITIVE_INFINITY;
  #starts = 0;
  #end: string | undefined;
  #stopping = false;

  private constructor(directory: string, base: Sections, listen: string) {
    this.#directory = directory;
    this.#base = base;
    this.#listen = listen;
  }

  static async start(directory: string, base: Sections): Promise<TwinspanProcess> {
    return onSteadyPort(
      async (port) => {
        const twinspan = new TwinspanProcess(directory, base, `127.0.0.1:${port}`);
        await twinspan.start();
        return twinspan;
      },
      ({ message }) => message.includes('another process listens there'),
    );
  }

  /** Of the ext_proc port. */
  get address(): string {
    return this.#listen;
  }

  /** Starts of the process so far: with each, its counters begin at 0. */
  get starts(): number {
    return this.#starts;
  }

  get pid(): number {
    return this.#pid;
  }

  /** How the process ended, when nobody had told it to. */
  get unexpectedEnd(): string | undefined {
    return this.#end;
  }

  /** Answered on the port that is for people. */
  get healthUrl(): string {
    return `http://${this.#process!.ready.admin}/healthz`;
  }

  /** The sum that twinspan logged at its last start. */
  get worstCaseMiB(): number {
    return this.#worstCaseMiB;
  }

  /** Starts the process that is not running; resolves when it is ready. */
  async start(sections: Sections = {}): Promise<void> {
    this.#starts += 1;
    const configPath = join(this.#directory, 'twinspan.json');
    await writeFile(configPath, JSON.stringify(this.#config(sections), undefined, 2));
    this.#process = await startProcess<ReadyLine>({
      name: 'twinspan',
      command: process.execPath,
      args: [
        '--import',
        join(import.meta.dirname, 'twinspan-faults.ts'),
        join(repository, 'src', 'main.ts'),
        'serve',
        '--config',
        configPath,
      ],
      environment: Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !/^(TWINSPAN|OTEL)_/.test(name)),
      ),
      logPath: join(this.#directory, `twinspan-${this.#starts}.log`),
      ready: (line) => this.#read(line),
    });
    this.#end = undefined;
    this.#stopping = false;
    void this.#noteEnd(this.#process);
  }

  /** SIGTERM, and SIGKILL when that does not end it within 15 s. */
  async stop(): Promise<ProcessEnd> {
    this.#stopping = true;
    // A stopped process would not hear of it.
    this.signal('SIGCONT');
    return this.#process!.stop();
  }

  async restart(sections: Sections = {}): Promise<void> {
    await this.stop();
    await this.start(sections);
  }

  signal(signal: NodeJS.Signals): void {
    try {
      process.kill(this.#pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  async kill(): Promise<void> {
    this.#stopping = true;
    this.signal('SIGKILL');
    await this.#process!.ended;
  }

  async status(): Promise<Status> {
    return (await getJson(`http://${this.#process!.ready.admin}/status`)) as Status;
  }

  /** A counter by one of its labels, summed over the others, or its sum as one entry. */
  async counter(name: string, label?: string): Promise<Readonly<Record<string, number>>> {
    const answer = await fetch(`http://${this.#process!.ready.admin}/metrics`);
    const sums: Record<string, number> = {};
    for (const line of (await answer.text()).split('\n')) {
      if (line.split(/[{ ]/, 1)[0] !== name) continue;
      const value = new RegExp(`[{,]${label}="([^"]*)"`).exec(line)?.[1] ?? '';
      sums[value] = (sums[value] ?? 0) + Number(line.slice(line.lastIndexOf(' ') + 1));
    }
    return sums;
  }

  /** `pause` or `resume`, each of which twinspan logs. */
  async order(what: 'pause' | 'resume'): Promise<void> {
    const answer = await fetch(`http://${this.#process!.ready.admin}/v1/${what}`, {
      method: 'POST',
    });
    if (!answer.ok) throw new Error(`${what} was answered with ${answer.status}`);
  }

  /** Where the standard output of the process goes, or undefined where /proc does not tell. */
  standardOutput(): string | undefined {
    try {
      return readlinkSync(`/proc/${this.#pid}/fd/1`);
    } catch {
      return undefined;
    }
  }

  /** What the process said when it had drained, if it did. */
  async lastWords(): Promise<StoppedLine | undefined> {
    const lines = (await readFile(this.#process!.logPath, 'utf8')).trimEnd().split('\n');
    const line = lines.findLast((other) => other.includes('"event":"stopped"'));
    return line === undefined ? undefined : (JSON.parse(line) as StoppedLine);
  }

  /** Resident memory in MiB, or undefined where /proc does not tell. */
  rssMiB(): number | undefined {
    try {
      const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#pid}/status`, 'utf8'))?.[1];
      return kib === undefined ? undefined : Number(kib) / 1024;
    } catch {
      return undefined;
    }
  }

  async #noteEnd({ ended }: RunningProcess<ReadyLine>): Promise<void> {
    const end = await ended;
    if (!this.#stopping) this.#end = describeEnd(end);
  }

  #config(sections: Sections): Record<string, unknown> {
    const config: Record<string, unknown> = { version: 1, listen: this.#listen };
    for (const name of new Set([...Object.keys(this.#base), ...Object.keys(sections)])) {
      config[name] = { ...this.#base[name], ...sections[name] };
    }
    config['routes'] = [
      { name: 'all', match: { path: '/**', methods: ['GET', 'HEAD', 'POST'] }, effects: 'none' },
    ];
    return config;
  }

  #read(line: string): ReadyLine | undefined {
    if (!line.startsWith('{')) return undefined;
    const parsed = JSON.parse(line) as ReadyLine & {
      readonly event?: string;
      readonly pid?: number;
      readonly worstCaseBytes?: number;
    };
    if (parsed.event === 'process') this.#pid = parsed.pid!;
    if (parsed.event === 'memory') this.#worstCaseMiB = parsed.worstCaseBytes! / 1024 / 1024;
    return parsed.event === 'ready' ? parsed : undefined;
  }
}
