/**
 * Answers as inference services give them (KServe's v1 protocol with explanations, request echo and nested metadata),
 * of about a given size, for measuring comparisons: the same text twice, the same values with every object's keys in
 * another order, and one with a flipped label and a moved score. The same size always gives the same bytes.
 */

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Two bodies, and the JSON Pointers at which they differ. */
export interface BodyPair {
  readonly name: string;
  readonly live: Buffer;
  readonly shadow: Buffer;
  readonly differences: readonly string[];
}

/** Pairs of bodies of at least `bytes` each, by no more than one prediction. */
export function bodyPairs(bytes: number): BodyPair[] {
  const count = predictionsFor(bytes);
  const value = answer(count);
  const live = Buffer.from(JSON.stringify(value));
  const last = count - 1;
  return [
    { name: 'equal bytes', live, shadow: Buffer.from(live), differences: [] },
    {
      name: 'equal, other key order',
      live,
      shadow: Buffer.from(JSON.stringify(keysReversed(value))),
      differences: [],
    },
    {
      name: 'two differences',
      live,
      shadow: Buffer.from(JSON.stringify(answer(count, { flipped: 0, moved: last }))),
      differences: ['/predictions/0/label', `/predictions/${last}/scores/2`],
    },
  ];
}

function predictionsFor(bytes: number): number {
  let count = 1;
  while (JSON.stringify(answer(count)).length < bytes) count++;
  return count;
}

/** `flipped` is the prediction whose label changes, `moved` the one of which a score does. */
function answer(count: number, change?: { flipped: number; moved: number }): Json {
  return {
    model_name: 'iris-classifier',
    model_version: '7',
    id: '0f6c2d0e-6f3b-4c1e-9f52-6f0d1a2b3c4d',
    parameters: { threshold: 0.5, explain: true, calibration: null, tags: ['batch', 'eu-west'] },
    predictions: Array.from({ length: count }, (_, index) =>
      prediction(index, index === change?.flipped, index === change?.moved),
    ),
  };
}

function prediction(index: number, flipped: boolean, moved: boolean): Json {
  const score = (place: number) => Number((((index * 37 + place * 61) % 997) / 997).toFixed(6));
  return {
    instance: `row-${index}`,
    label: flipped ? 'versicolor' : 'setosa',
    scores: [score(1), score(2), score(3) + (moved ? 0.001 : 0)],
    features: {
      sepal: { length: 5.1 + index / 100, width: 3.5 },
      petal: { length: 1.4, width: 0.2 },
      species_note: index % 3 === 0 ? null : 'measured “in the field”, 21 °C',
    },
    explanation: { method: 'shap', baseline: -0.0123, values: [score(4), -score(5), score(6)] },
    drift: index % 7 === 0,
  };
}

function keysReversed(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(keysReversed);
  const entries = Object.entries(value as { readonly [key: string]: Json });
  return Object.fromEntries(entries.map(([key, item]) => [key, keysReversed(item)]).reverse());
}
