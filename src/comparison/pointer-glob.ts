/**
 * Patterns over JSON Pointers: segments as in RFC 6901, where `*` stands for any one segment and `**` for any
 * number of them, also none. A pattern holds for what it names and for everything below. It follows a path a
 * segment at a time with one bit a place in the pattern, so that no pattern and no body makes it slow.
 */
import { unescapeSegment } from './pointer.ts';

export interface PointerGlob {
  /** As it stands in the configuration. */
  readonly text: string;
  /** Unescaped. */
  readonly segments: readonly string[];
}

/** A pattern at some place in a body. */
export interface GlobProgress<Glob extends PointerGlob = PointerGlob> {
  readonly glob: Glob;
  /** How much of the pattern the path to that place may have used up, a bit each; bit `segments.length` is all. */
  readonly state: number;
}

/** A state is a 32-bit integer whose sign bit is left alone. */
const maxSegments = 30;

/** The pattern, or a text that says what is wrong with it and what to write instead. */
export function parsePointerGlob(text: string): PointerGlob | string {
  if (text === '') return { text, segments: [] };
  if (!text.startsWith('/')) {
    return `"${text}" is no pointer: it has to begin with "/", as in "/items/*/id"`;
  }
  const escaped = text.slice(1).split('/');
  if (escaped.length > maxSegments) {
    return `"${text}" has ${escaped.length} segments, at most ${maxSegments} are allowed; "**" stands for many`;
  }
  for (const segment of escaped) {
    if (/~(?![01])/.test(segment)) {
      return `"${text}" has a "~" that stands for nothing: write "~0" for "~" and "~1" for "/"`;
    }
    if (segment.includes('*') && segment !== '*' && segment !== '**') {
      return `"${text}" has a "*" inside a segment: "*" stands for one whole segment, "**" for any number of them`;
    }
  }
  return { text, segments: escaped.map(unescapeSegment) };
}

/** The patterns at the root. */
export function startGlobs<Glob extends PointerGlob>(
  globs: readonly Glob[],
): readonly GlobProgress<Glob>[] {
  return globs.map((glob) => ({ glob, state: passOverMany(glob, 1) }));
}

/** As a segment: one that has no name, so that only `*` and `**` stand for it. */
export const unnamedSegment = '*';

/** The patterns one segment (unescaped key, or array index) further down; those that cannot hold there are left out. */
export function advanceGlobs<Glob extends PointerGlob>(
  progress: readonly GlobProgress<Glob>[],
  segment: string,
): readonly GlobProgress<Glob>[] {
  const advanced: GlobProgress<Glob>[] = [];
  for (const { glob, state } of progress) {
    const next = advance(glob, state, segment);
    if (next !== 0) advanced.push({ glob, state: next });
  }
  return advanced;
}

/** Whether the pattern names this place. */
export function isComplete({ glob, state }: GlobProgress): boolean {
  return (state & (1 << glob.segments.length)) !== 0;
}

function advance(glob: PointerGlob, state: number, segment: string): number {
  const { segments } = glob;
  let next = 0;
  for (let place = 0; place < segments.length; place++) {
    if ((state & (1 << place)) === 0) continue;
    const expected = segments[place];
    if (expected === '**') next |= 1 << place;
    else if (expected === '*' || expected === segment) next |= 1 << (place + 1);
  }
  return passOverMany(glob, next);
}

/** `**` also stands for no segment. */
function passOverMany({ segments }: PointerGlob, state: number): number {
  let passed = state;
  for (let place = 0; place < segments.length; place++) {
    if ((passed & (1 << place)) !== 0 && segments[place] === '**') passed |= 1 << (place + 1);
  }
  return passed;
}
