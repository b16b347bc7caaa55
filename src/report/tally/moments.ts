/**
 * Number, mean and spread of numbers, kept so that two of them add (Chan, Golub and LeVeque) and no large sum of
 * squares loses the digits that matter.
 */
import type { Moments } from '../tally.ts';

export function momentsOf(numbers: readonly number[]): Moments {
  return numbers.reduce<Moments>((sum, mean) => addMoments(sum, { count: 1, mean, squares: 0 }), {
    count: 0,
    mean: 0,
    squares: 0,
  });
}

export function addMoments(one: Moments, other: Moments): Moments {
  const count = one.count + other.count;
  if (count === 0) return one;
  const distance = other.mean - one.mean;
  return {
    count,
    mean: one.mean + (distance * other.count) / count,
    squares: one.squares + other.squares + (distance ** 2 * one.count * other.count) / count,
  };
}

/** Standard deviation; 0 of less than two numbers. */
export function deviationOf({ count, squares }: Moments): number {
  return count < 2 ? 0 : Math.sqrt(squares / (count - 1));
}
