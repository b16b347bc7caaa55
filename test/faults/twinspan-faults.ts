/**
 * Loaded before twinspan (`node --import`): says the process id, and does to its process on a signal what the program
 * itself has no door for. SIGWINCH blocks the event loop for half a second, as a long garbage collection would. SIGURG
 * puts a device that is full in the place of standard output.
 */
import { closeSync, openSync, readdirSync, readlinkSync, writeSync } from 'node:fs';

const blockedMs = 500;
const standardOutput = 1;

process.on('SIGWINCH', () => {
  const until = performance.now() + blockedMs;
  while (performance.now() < until);
});
process.on('SIGURG', () => {
  const target = targetOf(standardOutput);
  for (const name of readdirSync('/proc/self/fd').toSorted((left, right) => +left - +right)) {
    const descriptor = Number(name);
    if (targetOf(descriptor) !== target) continue;
    closeSync(descriptor);
    // The lowest number that is free is the one that was just given back.
    openSync('/dev/full', 'w');
  }
});
writeSync(standardOutput, `${JSON.stringify({ event: 'process', pid: process.pid })}\n`);

/** A file or a socket by name; undefined of a descriptor that is closed. */
function targetOf(descriptor: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}
