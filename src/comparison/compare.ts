/**
 * Compares the two answers to one request: status, then headers and trailers, then bodies, then what they predict. A
 * difference in one part does not end the comparison, so that a reader sees all of them. It runs to its end within the
 * bounds of `json/document.ts` and `content-encoding.ts` and never throws: a body that cannot be read is a result.
 */
import type { LiveResponse } from '../exchange/exchange.ts';
import type { ShadowAnswer } from '../shadow/shadow-response.ts';
import { compareBodies } from './body.ts';
import { BodyReading, liveMemory, shadowMemory } from './body-reading.ts';
import type { Comparison } from './comparison.ts';
import { Findings, incomparable } from './findings.ts';
import { compareHeaders } from './headers.ts';
import type { Pair } from './pair.ts';
import type { PredictionComparison } from './prediction.ts';
import { comparePredicted } from './prediction/prediction-rules.ts';
import type { Rules } from './rules.ts';
import { segmentsOf } from './segments.ts';

/** The comparison of a pair by the rules of its route; `incomparable` (`decode_error`) if it fails itself. */
export function compare(pair: Pair, rules: Rules): Comparison {
  // Read first, because what is read of the answers holds until something else is read.
  const segments = rules.segments && segmentsOf(pair.exchange.request, rules.segments);
  const comparison = compareAnswers(pair, rules);
  return segments === undefined ? comparison : Object.freeze({ ...comparison, segments });
}

function compareAnswers(pair: Pair, rules: Rules): Comparison {
  const { request, response, epochOffsetMs, startedAt } = pair.exchange;
  // Answers to requests that were not the same, or that depend on what the client has, say nothing of the service.
  if (rules.conditional !== 'keep' && isConditional(response)) return incomparable('conditional');
  if (pair.shadow.duplicate.degraded) return incomparable('degraded');
  try {
    const findings = new Findings(epochOffsetMs + startedAt);
    compareStatus(response, pair.shadow, rules, findings);
    compareHeaders(response, pair.shadow, rules, findings);
    if (request.method === 'HEAD') return findings.conclude();
    const live = new BodyReading(response, liveMemory);
    const shadow = new BodyReading(pair.shadow, shadowMemory);
    const isSame = compareBodies(live, shadow, rules, findings);
    const comparison = findings.conclude();
    if (rules.prediction === undefined) return comparison;
    const prediction = compareWhatIsPredicted(
      { status: response.status, body: live },
      { status: pair.shadow.status, body: isSame ? live : shadow },
      rules,
    );
    return prediction === undefined ? comparison : Object.freeze({ ...comparison, prediction });
  } catch (error) {
    rules.onTrouble(error);
    return incomparable('decode_error');
  }
}

/** A fault here takes nothing from the comparison of the answers. */
function compareWhatIsPredicted(
  live: Parameters<typeof comparePredicted>[0],
  shadow: Parameters<typeof comparePredicted>[1],
  { prediction, onTrouble }: Rules,
): PredictionComparison | undefined {
  try {
    return prediction && comparePredicted(live, shadow, prediction);
  } catch (error) {
    onTrouble(error);
    return undefined;
  }
}

/** Not modified, part of a representation, no such part (RFC 9110 sections 13 and 14). */
function isConditional({ status }: LiveResponse): boolean {
  return status === 304 || status === 206 || status === 416;
}

function compareStatus(
  { status }: LiveResponse,
  shadow: ShadowAnswer,
  rules: Rules,
  findings: Findings,
): void {
  if (status === shadow.status) return;
  const sameClass = Math.floor(status / 100) === Math.floor(shadow.status / 100);
  findings.differs('status', !sameClass, () => ({
    kind: 'status',
    pointer: '',
    group: 'status',
    ...(rules.show === 'values' && { live: String(status), shadow: String(shadow.status) }),
  }));
}
