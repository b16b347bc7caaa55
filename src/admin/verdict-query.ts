/** What is asked of a verdict by HTTP, and the part of the answer that a rollout acts on. */

export interface VerdictQuery {
  /** Id of the experiment; the current one when absent. */
  readonly experiment?: string;
  /** Only the gates of this route are listed; the state is that of all. */
  readonly route?: string;
  /** Version of the shadow that is to be promoted: the verdict of another version is no answer for it. */
  readonly shadow?: string;
}

/** The names of `twinspan.verdict/1`. */
export interface VerdictAnswer {
  readonly state: 'collecting' | 'promote' | 'hold' | 'reject';
  readonly scope: 'replica' | 'fleet';
  readonly reason: string;
  readonly next: string;
}

/** Empty values are those of a template that was not filled in: they stay, and match nothing. */
export function verdictQuery(query: URLSearchParams): VerdictQuery {
  const experiment = query.get('experiment');
  const route = query.get('route');
  const shadow = query.get('shadow');
  return {
    ...(experiment !== null && { experiment }),
    ...(route !== null && { route }),
    ...(shadow !== null && { shadow }),
  };
}
