/**
 * The tallies of the experiments that run side by side, by their ids: which one each entry belongs to, which one is
 * current, and which attempt with the same two versions each is. Bounded: of many, the ones that were counted in last
 * stay.
 */
import { unreadRoute } from '../../exchange/outcome.ts';
import type { Clock } from '../../base/clock.ts';
import { countEntry, type CountListener, type CountSettings } from './count.ts';
import type { TallyEntry } from './entry.ts';
import {
  addValue,
  emptyTally,
  routeTally,
  unattributedErrorsCell,
  type Experiment,
  type Rejection,
  type Tally,
} from '../tally.ts';

export interface TallyBookOptions {
  readonly clock: Clock;
  /** The settings that hold now. */
  readonly settings: () => CountSettings;
  readonly onCounted?: (experiment: string, ...counted: Parameters<CountListener>) => void;
  readonly maxExperiments?: number;
}

/** A tally, and how many entries it got in the last five minutes. */
export interface ActiveTally {
  readonly tally: Tally;
  readonly recent: number;
}

const windowMs = 5 * 60_000;
const slotMs = 10_000;
const slots = windowMs / slotMs;
/** An exchange is counted sooner after its start. A start before that would make its experiment look old enough. */
const maxDelayMs = 3_600_000;
const maxVersions = 1000;
const maxAttempts = 1000;
const maxRejections = 1000;

interface Page {
  readonly tally: Tally;
  /** Entries by the slot of time in which they came, as a ring. */
  readonly bySlot: { slot: number; count: number }[];
  lastCountedAt: number;
}

export class TallyBook {
  readonly #options: TallyBookOptions;
  readonly #pages = new Map<string, Page>();
  /** By two versions, the number of the newest attempt with them. */
  readonly #attempts = new Map<string, number>();
  /** By id, also of experiments that were dropped. */
  readonly #rejections = new Map<string, Rejection>();
  #admissions = { seen: 0, unread: 0 };

  constructor(options: TallyBookOptions) {
    this.#options = options;
  }

  count(experiment: Experiment, entry: TallyEntry): void {
    const { clock, settings, onCounted } = this.#options;
    const page = this.#pageOf(experiment);
    page.lastCountedAt = clock.now();
    const slot = Math.floor(page.lastCountedAt / slotMs);
    const place = page.bySlot[slot % slots];
    if (place?.slot === slot) place.count += 1;
    else page.bySlot[slot % slots] = { slot, count: 1 };
    countEntry(
      page.tally,
      { ...entry, at: Math.max(entry.at, clock.wallNow() - maxDelayMs) },
      settings(),
      onCounted && ((...counted) => onCounted(experiment.id, ...counted)),
    );
  }

  /** An error of a shadow of which nobody knows whether it was this experiment's. */
  countUnattributed(experiment: Experiment, route: string): void {
    const { tally } = this.#pageOf(experiment);
    addValue(routeTally(tally, route), unattributedErrorsCell, 1);
    this.#options.onCounted?.(experiment.id, route, unattributedErrorsCell, 1, 1);
  }

  /**
   * Takes in how many exchanges have been seen since the start of the process, and how many of them were shed unread;
   * what has come since the last time counts in `experiment`.
   */
  countAdmissions(experiment: Experiment, totals: { seen: number; unread: number }): void {
    const { onCounted } = this.#options;
    const unread = totals.unread - this.#admissions.unread;
    const read = totals.seen - this.#admissions.seen - unread;
    this.#admissions = totals;
    if (unread + read <= 0) return;
    const route = routeTally(this.#pageOf(experiment).tally, unreadRoute);
    for (const [value, times] of [
      [0, read],
      [1, unread],
    ] as const) {
      if (times <= 0) continue;
      addValue(route, 'coverage', value, times);
      onCounted?.(experiment.id, unreadRoute, 'coverage', value, times);
    }
  }

  /** The order of the counts is lost: from now on they may look better than they are. */
  markOverflow(experiment: Experiment): void {
    this.#pageOf(experiment).tally.overflowed = true;
  }

  /** A rejection stays, whatever comes later; the first one counts. */
  latch(id: string, rejection: Rejection): void {
    const page = this.#pages.get(id);
    if (page === undefined || page.tally.rejected !== undefined) return;
    page.tally.rejected = rejection;
    this.#keepRejection(id, rejection);
  }

  /** Goes on with tallies that were kept, in the order in which they are given; before anything is counted. */
  restore(tallies: readonly Tally[]): void {
    for (const tally of tallies) {
      this.#noteAttempt(tally.experiment, tally.attempt);
      if (tally.rejected !== undefined) this.#keepRejection(tally.experiment.id, tally.rejected);
      this.#pages.set(tally.experiment.id, { tally, bySlot: [], lastCountedAt: 0 });
    }
  }

  /** The current one first: the one that got most entries in the last five minutes, else the one counted in last. */
  list(): ActiveTally[] {
    const slot = Math.floor(this.#options.clock.now() / slotMs);
    return [...this.#pages.values()]
      .map((page) => ({ page, recent: recentOf(page, slot) }))
      .sort(
        (one, other) =>
          other.recent - one.recent || other.page.lastCountedAt - one.page.lastCountedAt,
      )
      .map(({ page, recent }) => ({ tally: page.tally, recent }));
  }

  #pageOf(experiment: Experiment): Page {
    const known = this.#pages.get(experiment.id);
    if (known !== undefined) return known;
    this.#makeRoom();
    const tally = emptyTally(experiment);
    // One that was dropped and comes again has lost its counts: to count anew is another attempt.
    tally.attempt = this.#noteAttempt(experiment);
    const rejected = this.#rejections.get(experiment.id);
    if (rejected !== undefined) tally.rejected = rejected;
    const page: Page = { tally, bySlot: [], lastCountedAt: this.#options.clock.now() };
    this.#pages.set(experiment.id, page);
    return page;
  }

  #makeRoom(): void {
    const { maxExperiments = 16 } = this.#options;
    while (this.#pages.size >= maxExperiments) {
      const [oldest] = [...this.#pages].sort(
        ([, one], [, other]) => one.lastCountedAt - other.lastCountedAt,
      );
      this.#pages.delete(oldest![0]);
    }
  }

  #keepRejection(id: string, rejection: Rejection): void {
    this.#rejections.set(id, rejection);
    if (this.#rejections.size > maxRejections) {
      this.#rejections.delete(this.#rejections.keys().next().value!);
    }
  }

  /** The number of the next attempt, or of one that is known. */
  #noteAttempt({ live, shadow }: Experiment, known?: number): number {
    const versions = JSON.stringify([live.name, live.version, shadow.name, shadow.version]);
    const last = this.#attempts.get(versions) ?? 0;
    const attempt = known ?? Math.min(maxAttempts, last + 1);
    // Moved to the end: of many pairs of versions, those that were met last are remembered.
    this.#attempts.delete(versions);
    this.#attempts.set(versions, Math.max(last, attempt));
    if (this.#attempts.size > maxVersions) {
      this.#attempts.delete(this.#attempts.keys().next().value!);
    }
    return attempt;
  }
}

function recentOf({ bySlot }: Page, now: number): number {
  return bySlot.reduce((sum, { slot, count }) => sum + (now - slot < slots ? count : 0), 0);
}
