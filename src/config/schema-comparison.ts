/**
 * Schema of how a route's answers are compared, and of what they predict.
 */
import { z } from 'zod';

import { atReload, choice, decimal, list, map, reading, section, text } from './fields.ts';
import { readHeaderName, readPointerGlob, readPredictionPointer } from './syntax.ts';

function globs(noun = 'pointers') {
  const glob = reading({ type: 'pointer' }, 'a JSON Pointer', readPointerGlob);
  return list(glob, noun, 500);
}

function place() {
  return reading({ type: 'JSON Pointer' }, 'a JSON Pointer', readPredictionPointer);
}

const bound = () => decimal(0, Number.MAX_VALUE).meta({ values: '0 or more' });

const tolerance = section({
  relative: bound()
    .prefault(0)
    .meta(atReload('Share of the larger number by which two numbers may differ.')),
  absolute: bound().prefault(0).meta(atReload('Amount by which two numbers may differ.')),
  paths: map(
    readPointerGlob,
    section({
      relative: bound().prefault(0).meta(atReload('As above, for these places.')),
      absolute: bound().prefault(0).meta(atReload('As above, for these places.')),
    }),
    'pointers',
    500,
  )
    .prefault({})
    .meta(
      atReload(
        'Bounds of their own for some places, which replace those above; the most precise pattern counts.',
      ),
    ),
})
  .prefault({})
  .meta(atReload('Numbers are equal when |a-b| <= max(absolute, relative * max(|a|, |b|)).'));

const normalize = section({
  timestamp: globs()
    .prefault([])
    .meta(atReload('Places that hold instants, equal when both sides hold one.')),
  uuid: globs()
    .prefault([])
    .meta(atReload('Places that hold UUIDs, equal when both sides hold one.')),
  lowercase: globs().prefault([]).meta(atReload('Texts that are compared without regard to case.')),
  trim: globs()
    .prefault([])
    .meta(atReload('Texts that are compared without white space at their ends.')),
})
  .prefault({})
  .meta(atReload('What is made alike before it is compared.'));

export const compare = section({
  ignore: globs()
    .prefault([])
    .meta(
      atReload(
        'Places whose differences are counted but do not make a mismatch; `*` is one segment, `**` any number.',
      ),
    ),
  unordered: globs().prefault([]).meta(atReload('Arrays whose order does not matter.')),
  keyed: map(readPointerGlob, text(), 'pointers', 500)
    .prefault({})
    .meta(
      atReload(
        'Arrays whose items are paired by a field: pointer of the array → name of the field.',
      ),
    ),
  tolerance,
  nullEqualsMissing: z
    .preprocess((input) => (input === true ? ['/**'] : input), globs())
    .prefault([])
    .meta({
      ...atReload('Places where null and a missing key are equal; `true` is everywhere.'),
      type: 'true or list of pointers',
    }),
  normalize,
  headers: list(
    reading({ type: 'header name' }, 'the name of a header', readHeaderName),
    'header names',
    64,
  )
    .prefault(['content-type', 'location'])
    .meta(
      atReload(
        'Response headers that are compared; `*` is all but those that change with each message.',
      ),
    ),
  conditional: choice(['strip', 'skip', 'keep'])
    .prefault('skip')
    .meta(
      atReload(
        'What becomes of a pair whose live answer is 304, 206 or 416: `skip` makes it `incomparable`, `keep` compares it like any other, `strip` leaves conditions and ranges out of the shadow request.',
      ),
    ),
  show: choice(['pointers', 'values'])
    .prefault('pointers')
    .meta(
      atReload(
        'What a difference shows: its place alone, or the values too, which then reach spans, store and report.',
      ),
    ),
})
  .prefault({})
  .meta(atReload('How the two answers are compared.'));

export const prediction = section({
  preset: choice(['kserve-v1', 'oip-v2', 'mlflow', 'openai-chat', 'sklearn'])
    .exactOptional()
    .meta(
      atReload(
        'Protocol whose answers are understood; either this or the pointers below, which would contradict each other.',
      ),
    ),
  label: place()
    .exactOptional()
    .meta(
      atReload(
        'Place of the predicted label. `*` stands for the items of an array, each of which is an instance; without it the answer is one. All pointers of a route have a `*`, or none has. Nothing is read below a key that names a secret or personal data.',
      ),
    ),
  score: place()
    .exactOptional()
    .meta(
      atReload(
        'Place of the score: a number, or a list with the probability of each class, whose largest is the score, and its class the label unless `label` names a place.',
      ),
    ),
  ranking: place()
    .exactOptional()
    .meta(
      atReload(
        'Place of a ranked list, best first. The overlap is the share of the first k items that both sides have; k is 10, or the length of the longer list when that is shorter.',
      ),
    ),
  labels: list(text(64), 'labels', 1000)
    .prefault([])
    .meta(
      atReload(
        'Labels that are shown in clear; all others are hashed unless `compare.show` is `values`. Also the names of the classes, in their order, where an answer has numbers instead.',
      ),
    ),
})
  .exactOptional()
  .meta(atReload('What the answers predict. Needs `verdict.mode` to be said.'));
