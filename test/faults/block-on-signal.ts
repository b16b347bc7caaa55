/**
 * Loaded before twinspan (`node --import`): says the process id, and blocks the event loop for half a second whenever
 * SIGWINCH comes, as a long garbage collection would. The program itself has no such door.
 */
const blockedMs = 500;

process.on('SIGWINCH', () => {
  const until = performance.now() + blockedMs;
  while (performance.now() < until);
});
process.stdout.write(`${JSON.stringify({ event: 'process', pid: process.pid })}\n`);
