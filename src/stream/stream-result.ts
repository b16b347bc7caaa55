/**
 * How a `Process` RPC ended, as a closed set: the `result` label of `twinspan_ext_proc_streams_total`. Every
 * RPC counts once, when it ends. An exchange was seen behind each result but `empty` and `undecodable`.
 */
import type { LiveEnd } from './live-event.ts';

/**
 * What the listener heard as the end, and besides:
 * - `shed`: refused by the admission, before anything of it was read.
 * - `unwanted`: the listener said that nothing more of it is wanted.
 * - `empty`: it ended, however, before its first part.
 * - `undecodable`: its first message was none; `undecodable_part`: a later one.
 * - `internal`: also when the admission threw.
 */
export type StreamResult = LiveEnd | 'shed' | 'unwanted' | 'empty' | 'undecodable_part';

/** A counter for each result, all at zero. */
export function noResults(): Record<StreamResult, number> {
  return {
    complete: 0,
    half_close: 0,
    cancelled: 0,
    request_endless: 0,
    idle: 0,
    max_duration: 0,
    undecodable: 0,
    bytes_exhausted: 0,
    out_of_order: 0,
    unsafe: 0,
    shutdown: 0,
    shed: 0,
    unwanted: 0,
    empty: 0,
    undecodable_part: 0,
    internal: 0,
  };
}
