/**
 * Schema of the routes: which exchanges are followed, and how each is repeated and compared.
 */
import {
  atReload,
  atStart,
  choice,
  decimal,
  flag,
  list,
  map,
  reading,
  section,
  text,
} from './fields.ts';
import { readGrantableHeader } from './grantable-header.ts';
import { date } from './schema-capture.ts';
import { compare, prediction } from './schema-comparison.ts';
import { marginOverrides } from './schema-verdict.ts';
import {
  readHeaderName,
  readHostPattern,
  readMethod,
  readPathTemplate,
  readRouteName,
  readSampleKey,
} from './syntax.ts';

const match = section({
  path: reading(
    { type: 'path template', values: '/, {name}, /**' },
    'a path template',
    readPathTemplate,
  ).meta(
    atReload(
      'Path without its query: `{name}` stands for one segment or a part of one, `/**` at the end for the rest. Becomes `http.route`.',
    ),
  ),
  methods: list(reading({ type: 'method' }, 'an HTTP method', readMethod), 'methods', 16, 1)
    .prefault(['GET', 'HEAD'])
    .meta(atReload('Methods that are followed; any but GET and HEAD needs `effects`.')),
  hosts: list(reading({ type: 'host' }, 'a host name', readHostPattern), 'hosts', 100)
    .prefault([])
    .meta(atReload('Hosts without port; `*.internal` is every name below it. Empty: any host.')),
  headers: map(readHeaderName, text(1024), 'headers', 16)
    .prefault({})
    .meta(atReload('Headers that the request must have, with exactly these values.')),
}).meta(atReload('Which requests belong to the route.'));

const sample = section({
  ratio: decimal(0, 1).prefault(1).meta(atReload('Share of the exchanges that are followed.')),
  by: reading(
    { type: 'word', values: 'request-id, header:NAME' },
    'request-id or header:NAME',
    readSampleKey,
  )
    .prefault('request-id')
    .meta(
      atReload(
        'What the share is drawn by: the request id, or a header (the same user is always in or always out).',
      ),
    ),
})
  .prefault({})
  .meta(atReload('How many of its exchanges are followed.'));

const headers = section({
  grant: list(
    reading({ type: 'header name' }, 'the name of a header', readGrantableHeader),
    'header names',
    64,
  )
    .prefault([])
    .meta(
      atStart(
        'Credentials that the shadow may have (`authorization`, `cookie`, `x-api-key` and the like): no other is ever copied. Identity headers cannot be granted.',
      ),
    ),
  allowPlainHttp: flag()
    .prefault(false)
    .meta(atStart('Lets granted headers go to a shadow beyond loopback without TLS.')),
  idempotencyKey: choice(['drop', 'hmac'])
    .prefault('drop')
    .meta(
      atStart(
        'What becomes of `idempotency-key`: left out, or rewritten so that it never equals the live one.',
      ),
    ),
})
  .prefault({})
  .meta(atStart('Which headers the shadow request has beyond the harmless ones.'));

const sideEffectGuard = section({
  queryKeys: list(text(), 'query keys', 100)
    .prefault(['code', 'token', 'state'])
    .meta(atReload('Query keys that keep a request from being followed, without regard to case.')),
  paths: list(text(1024), 'texts', 100)
    .prefault(['/oauth', '/callback', '/logout', '/reset', '/verify', '/unsubscribe'])
    .meta(
      atReload(
        'Segments of a path that keep a request from being followed, without regard to case, unless the template of the route names them.',
      ),
    ),
})
  .prefault({})
  .meta(
    atReload(
      'Requests of the route that do have side effects (`side_effect_guard`), besides those that ask for another method or a GraphQL mutation, which are kept out always.',
    ),
  );

const route = section({
  name: reading(
    { type: 'text', values: '1 to 64 letters, digits, _ . -' },
    'a name',
    readRouteName,
  ).meta(atReload('Name in metrics, status, store and report; unique.')),
  match,
  effects: choice(['none', 'isolated'])
    .exactOptional()
    .meta(
      atReload(
        'Declares that repeating a request is harmless: it changes nothing (`none`), or the shadow writes to places of its own (`isolated`). Required for any method but GET and HEAD.',
      ),
    ),
  owner: text().exactOptional().meta(atReload('Who answers for `effects`.')),
  reason: text(1024).exactOptional().meta(atReload('Why `effects` holds.')),
  until: date()
    .exactOptional()
    .meta({
      ...atReload('End of the declaration: from then on the route is `expired`.'),
      default: 'no end',
    }),
  sample,
  headers,
  stream: flag().prefault(false).meta(atReload('Follows `text/event-stream` answers too.')),
  sideEffectGuard,
  compare,
  prediction,
  verdict: section({ margins: marginOverrides }).prefault({}).meta(atStart('Gates of this route.')),
});

export const routes = list(route, 'routes', 200, 1).meta(
  atReload(
    'What is followed: the first route that matches. An exchange that matches none is not followed.',
  ),
);
