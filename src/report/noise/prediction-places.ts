/**
 * Where the answers of a route predict something, as pointers: the places at which a difference is never noise to be
 * passed over, because it is what the comparison is for.
 */
import type { PredictionPlaces } from './report.ts';

/** By preset; a place stands for all below it. */
const placesOfPreset: Readonly<Record<string, readonly string[]>> = {
  'kserve-v1': ['/predictions', '/outputs', '/results', '/result'],
  'oip-v2': ['/outputs'],
  // Some flavors answer with the prediction alone, which may be anything.
  mlflow: [''],
  'openai-chat': [
    '/choices/*/message/content',
    '/choices/*/message/refusal',
    '/choices/*/message/tool_calls/*/function',
    '/choices/*/message/function_call',
    '/choices/*/text',
    '/choices/*/finish_reason',
  ],
  sklearn: [
    '/predictions',
    '/prediction',
    '/predict',
    '/labels',
    '/label',
    '/probabilities',
    '/probability',
    '/predict_proba',
    '/proba',
    '/classes',
    // A bare list.
    '/*',
  ],
};

/** Whether `pattern`, a pattern of `compare.ignore` without `**`, holds for anything that is predicted. */
export function meetsPrediction(pattern: string, prediction: PredictionPlaces | null): boolean {
  if (prediction === null) return false;
  const { preset, label, score, ranking } = prediction;
  const pointers = [label, score, ranking].filter((place) => place !== undefined);
  // A preset that is not known could predict anywhere.
  const places = preset === undefined ? pointers : (placesOfPreset[preset] ?? ['']);
  const segments = pattern.split('/').slice(1);
  return places.some((place) =>
    meets(segments, place.split('/').slice(1), isListOnly(preset, place)),
  );
}

/** Labels are the same or they are not: they are never near to each other. */
export function isLabel(pattern: string, prediction: PredictionPlaces | null): boolean {
  return prediction?.label !== undefined && meetsPrediction(pattern, { label: prediction.label });
}

/** `/*` of a bare list stands for its items, not for the members of an object. */
function isListOnly(preset: string | undefined, place: string): boolean {
  return preset === 'sklearn' && place === '/*';
}

/** Whether one is at, above or below the other; an index and a key that is data are written as `*`. */
function meets(pattern: readonly string[], place: readonly string[], listOnly: boolean): boolean {
  if (listOnly) return pattern.length === 0 || pattern[0] === '*';
  return pattern
    .slice(0, place.length)
    .every((segment, index) => segment === '*' || place[index] === '*' || segment === place[index]);
}
