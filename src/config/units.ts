/**
 * Durations and sizes as people write them, `500ms|2s|3m|1h|7d` and `B|KiB|MiB|GiB`, and back. A number
 * always carries its unit, so that nobody has to guess whether 2 meant seconds.
 */
import { problemOf, valueOf, type Reading } from './reading.ts';

type Unit = readonly [name: string, factor: number];

/** Largest first, which is also the order in which a unit is chosen for writing. */
const durationUnits: readonly Unit[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

const sizeUnits: readonly Unit[] = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
  ['B', 1],
];

/** What a duration looks like, for messages. */
export const durationSyntax =
  'a duration with its unit (ms, s, m, h or d), such as 500ms, 2s or 7d';

/** What a size looks like, for messages. */
export const sizeSyntax = 'a size with its unit (B, KiB, MiB or GiB), such as 64KiB or 2MiB';

/** `2s` → 2000 (milliseconds). Whole numbers only, at most what a number holds exactly. */
export function parseDuration(text: string): Reading<number> {
  return parseQuantity(text, durationUnits, durationSyntax);
}

/** `2MiB` → 2097152 (bytes). Whole numbers only, at most what a number holds exactly. */
export function parseSize(text: string): Reading<number> {
  return parseQuantity(text, sizeUnits, sizeSyntax);
}

/** 90000 → `90s`: the largest unit that loses nothing. Takes whole milliseconds from 0 upward. */
export function formatDuration(milliseconds: number): string {
  return milliseconds === 0 ? '0s' : formatQuantity(milliseconds, durationUnits);
}

/** 65536 → `64KiB`: the largest unit that loses nothing. Takes whole bytes from 0 upward. */
export function formatSize(bytes: number): string {
  return bytes === 0 ? '0B' : formatQuantity(bytes, sizeUnits);
}

function parseQuantity(text: string, units: readonly Unit[], syntax: string): Reading<number> {
  const [, digits, name] = /^(\d+)([A-Za-z]+)$/.exec(text) ?? [];
  const unit = units.find((candidate) => candidate[0] === name);
  if (digits === undefined || unit === undefined) return problemOf(`must be ${syntax}`);
  const amount = Number(digits) * unit[1];
  return Number.isSafeInteger(amount) ? valueOf(amount) : problemOf('is too large a number');
}

function formatQuantity(amount: number, units: readonly Unit[]): string {
  const unit = units.find((candidate) => amount % candidate[1] === 0) ?? units.at(-1)!;
  return `${amount / unit[1]}${unit[0]}`;
}
