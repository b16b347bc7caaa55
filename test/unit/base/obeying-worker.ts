/** The module of a worker that does what a task says. */
import { answerTasks } from '../../../src/base/worker.ts';

answerTasks((task: string): string => {
  switch (task) {
    case 'hang':
      for (;;);
    case 'throw':
      throw new Error('as it was told');
    case 'exit':
      process.exit(3);
      break;
    case 'grow': {
      const kept: number[][] = [];
      for (;;) kept.push(Array.from({ length: 10_000 }, (_, index) => index + 0.5));
    }
  }
  return `${task}!`;
});
