/** A comparison that hangs or breaks where the live status says so; it never ends rightly. */
import { answerTasks } from '../../../src/base/worker.ts';
import type { CompareTask } from '../../../src/comparison/compare-worker.ts';

answerTasks(({ pair }: CompareTask): never => {
  if (pair.live.status === 500) throw new Error('it broke');
  for (;;);
});
