/**
 * The most memory that a configuration can make twinspan use, as a sum that a person can check: logged at start, and
 * refused above the container's limit, because a process that is killed at its peak loses more than one that does not
 * start. It holds in a container, where V8 sizes its heap by the limit; without a limit V8 lets garbage wait that
 * no sum knows of.
 */
import { TwinspanError } from './base/errors.ts';
import { freeHeaderBytes } from './base/kept-headers.ts';
import { workerHeapMebibytes } from './comparison/offload.ts';
import type { Config } from './config/schema.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/**
 * What does not depend on the configuration: Node with its code and the slack of its heap, of which 64 MiB are buffers
 * that nobody holds any more (V8 collects them no sooner), the tables of the comparison of small answers, the recent
 * pairs, and what the reports have counted.
 */
const fixedBytes = 224 * mebibyte;
/**
 * Resident memory for each captured byte: what is freed in pieces of some kilobytes between others goes back to the
 * process and not to the system. Both figures are what test/journey/worst-case-memory.test.ts needs to hold.
 */
const capturedFactor = 2;
/** The headers that take nothing from the byte budget: of the live request, of the live answer, of the shadow's. */
const headersBytes = 3 * freeHeaderBytes;
/**
 * One exchange that is open, without what the byte budget counts: its gRPC stream, its objects, its headers, and five
 * places in the order in which the verdict counts.
 */
const exchangeBytes = 20 * kibibyte + headersBytes;
/** Threads that compare large answers, each started when it is first needed. */
export const comparisonWorkers = 1;
/**
 * One of them: its heap, Node's own part of a thread, two decoded bodies and their tables. The copies of the bodies as
 * they came count beside this.
 */
const comparisonWorkerBytes = (workerHeapMebibytes + 64) * mebibyte;
/** A connection to the shadow, or to the control, with its buffers and parser. */
const connectionBytes = 64 * kibibyte;

export interface MemorySum {
  readonly totalBytes: number;
  /** Addends by name. */
  readonly parts: Readonly<Record<string, number>>;
}

export function worstCaseMemory(config: Config): MemorySum {
  const parts = {
    fixed: fixedBytes,
    'capture.maxBytesInFlight': config.capture.maxBytesInFlight * capturedFactor,
    'capture.maxExchanges': config.capture.maxExchanges * exchangeBytes,
    'shadow.connections':
      config.shadow.connections * (config.control === undefined ? 1 : 2) * connectionBytes,
    'comparison workers':
      comparisonWorkers *
      (comparisonWorkerBytes + comparedBodies(config) * config.capture.maxBodyBytes),
    'telemetry.queue.bytes': config.telemetry.queue.bytes,
  };
  const totalBytes = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  return { totalBytes, parts };
}

/** Both answers, and the request where a segment is a place in it. */
function comparedBodies({ segments }: Config): number {
  return Object.values(segments).some(({ request }) => request !== undefined) ? 3 : 2;
}

/** The sum as text: `463 MiB = 120 MiB fixed + 64 MiB capture.maxBytesInFlight + …`. */
export function describeMemory({ totalBytes, parts }: MemorySum): string {
  const addends = Object.entries(parts).map(([name, bytes]) => `${inMebibytes(bytes)} ${name}`);
  return `${inMebibytes(totalBytes)} = ${addends.join(' + ')}`;
}

/**
 * @param limitBytes the container's limit; 0 or a value beyond any machine's means that there is none
 *   (`process.constrainedMemory()`)
 * @throws TwinspanError `configuration` with the sum, when it does not fit
 */
export function assertFits(sum: MemorySum, limitBytes: number): void {
  const unlimited = limitBytes === 0 || limitBytes > 2 ** 50;
  if (unlimited || sum.totalBytes <= limitBytes) return;
  throw new TwinspanError(
    'configuration',
    `at worst this configuration needs ${describeMemory(sum)}, and the container has ${inMebibytes(limitBytes)}: give it more, or lower one of these keys (capture.maxBytesInFlight counts ${capturedFactor} times, an exchange of capture.maxExchanges ${exchangeBytes / kibibyte} KiB)`,
  );
}

function inMebibytes(bytes: number): string {
  return `${Math.ceil(bytes / mebibyte)} MiB`;
}
