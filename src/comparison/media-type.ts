/**
 * What `Content-Type` says (RFC 9110 section 8.3): whether two of them say the same, and how a body of that type
 * is compared. Types and parameter names have no case and parameters no order.
 */

export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly essence: string;
  /** Names in lower case; of a repeated one the first counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * How a body is compared: as a structure (JSON, one JSON text a line, the fields of a form), as text by lines, or as
 * bytes of which nothing is known.
 */
export type BodyForm = 'json' | 'json_lines' | 'form' | 'text' | 'bytes';

const formType = 'application/x-www-form-urlencoded';
const jsonLinesTypes = new Set([
  'application/jsonl',
  'application/jsonlines',
  'application/ndjson',
  'application/x-jsonlines',
  'application/x-ndjson',
]);

const textTypes = new Set([
  'application/ecmascript',
  'application/javascript',
  'application/json-seq',
  'application/toml',
  'application/x-yaml',
  'application/xml',
  'application/yaml',
]);

export function parseMediaType(value: string): MediaType {
  const [essence = '', ...rest] = splitOutsideQuotes(value);
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const equals = parameter.indexOf('=');
    if (equals < 0) continue;
    const name = parameter.slice(0, equals).trim().toLowerCase();
    if (!parameters.has(name)) parameters.set(name, unquote(parameter.slice(equals + 1).trim()));
  }
  return { essence: essence.trim().toLowerCase(), parameters };
}

export function formOf({ essence }: MediaType): BodyForm {
  if (essence === 'application/json' || essence === 'text/json' || essence.endsWith('+json')) {
    return 'json';
  }
  if (jsonLinesTypes.has(essence)) return 'json_lines';
  if (essence === formType) return 'form';
  if (essence.startsWith('text/') || /\+(?:xml|yaml|json-seq)$/.test(essence)) return 'text';
  return textTypes.has(essence) ? 'text' : 'bytes';
}

/**
 * Same type and parameters by value. A `boundary` is drawn for each message and says nothing; the `charset` has no
 * case, and of JSON `utf-8` is what it is without one (RFC 8259 sections 8.1 and 11).
 */
export function sameMediaType(live: MediaType, shadow: MediaType): boolean {
  if (live.essence !== shadow.essence) return false;
  const one = tellingParameters(live);
  const other = tellingParameters(shadow);
  if (one.size !== other.size) return false;
  for (const [name, value] of one) {
    if (other.get(name) !== value) return false;
  }
  return true;
}

function tellingParameters(type: MediaType): ReadonlyMap<string, string> {
  if (type.parameters.size === 0) return type.parameters;
  const telling = new Map(type.parameters);
  telling.delete('boundary');
  const charset = telling.get('charset')?.toLowerCase();
  if (charset === 'utf-8' && formOf(type) === 'json') telling.delete('charset');
  else if (charset !== undefined) telling.set('charset', charset);
  return telling;
}

/** At each `;` that stands in no quoted string. */
function splitOutsideQuotes(value: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < value.length; index++) {
    const character = value[index];
    if (quoted && character === '\\') index++;
    else if (character === '"') quoted = !quoted;
    else if (character === ';' && !quoted) {
      pieces.push(value.slice(start, index));
      start = index + 1;
    }
  }
  pieces.push(value.slice(start));
  return pieces;
}

function unquote(value: string): string {
  if (!value.startsWith('"')) return value;
  return value.replace(/"$/, '').slice(1).replaceAll(/\\(.)/g, '$1');
}
