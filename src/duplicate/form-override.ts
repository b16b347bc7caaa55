/**
 * Whether a form asks for another method than that of its request line: the field `_method`, which web frameworks
 * obey in the body of a POST, or one of its other names. In doubt it does: a form that cannot be read here counts as one.
 */
import type { HeaderList } from '../base/header-list.ts';
import { valuesOfFolded } from '../base/header-name.ts';
import { overrideHeaders, overrideParameters } from '../base/method-override.ts';
import type { Request } from '../exchange/request.ts';

/** Only bodies that were kept whole can be looked at; the others have none. Time grows with the length alone. */
export function mayOverrideMethod({ headers, body }: Request): boolean {
  if (body.bytes === undefined || body.length === 0) return false;
  const field = overridePattern(headers);
  if (field === undefined) return false;
  if (isUnreadable(headers)) return true;
  return field.test(body.bytes.toString('latin1'));
}

/** The character itself or its percent-encoding, in either case. */
function spelt(character: string): string {
  const codes = [character.toLowerCase(), character.toUpperCase()].map((letter) =>
    letter.charCodeAt(0).toString(16),
  );
  const plus = character === ' ' ? String.raw`|\+` : '';
  return String.raw`(?:\x${codes[0]}|%(?:${codes.join('|')})${plus})`;
}

/** PHP reads `.` and `[` as `_`, inside a name a space as well; and who looks for a header takes `_` for `-`. */
const alike: Readonly<Record<string, string>> = { _: '_.[', '-': '-_.[ ' };

/** Any of the names, each character of them after what may stand `before` one. */
function anyName(before: string): string {
  const names = [...overrideHeaders, ...overrideParameters].map((name) =>
    name.replace(/./g, (character) => {
      const spellings = (alike[character] ?? character).split('').map(spelt);
      return `${before}(?:${spellings.join('|')})`;
    }),
  );
  return `(?:${names.join('|')})`;
}

/** What follows a bracket or a NUL is no part of the name to many. */
const nameEnd = String.raw`(?=[\s+[\0]|%(?:20|5b|00|09|0a|0d)|`;

const urlencodedField = new RegExp(
  String.raw`(?:^|[&;])(?:[\s+]|%(?:20|09|0[a-d]))*${anyName('')}${nameEnd}[=&;]|$)`,
  'i',
);

/**
 * The `name` parameter of a part (RFC 7578), sought in the whole body, because parsers disagree on where a part
 * begins. Besides the plain form: `name*=utf-8''…` and `name*0=` (RFC 2231), `\` before any character, and
 * encoded words (RFC 2047), which may hold anything.
 */
const multipartField = new RegExp(
  String.raw`(?<![\w-])name\s*(?:\*\s*\d|(?:\*\s*)?=\s*(?:["']\s*)?(?:=\?|(?:[\w-]*'[\w-]*')?` +
    anyName(String.raw`\\?`) +
    String.raw`${nameEnd}["';]|$)))`,
  'i',
);

function overridePattern(headers: HeaderList): RegExp | undefined {
  const types = valuesOfFolded(headers, 'content-type').join();
  // Without a type some servers take the body of a POST for a form.
  if (types.trim() === '' || /x-www-form-urlencoded/i.test(types)) return urlencodedField;
  return /multipart\//i.test(types) ? multipartField : undefined;
}

/** Compressed, or in a character set in which ASCII has other bytes. */
function isUnreadable(headers: HeaderList): boolean {
  const encodings = valuesOfFolded(headers, 'content-encoding').join();
  if (!/^[\s,]*(?:identity[\s,]*)*$/i.test(encodings)) return true;
  const types = valuesOfFolded(headers, 'content-type').join();
  const charsets = types.matchAll(/charset\s*=\s*["']?\s*([\w-]*)/gi);
  return [...charsets].some(
    ([, charset]) => !/^(?:utf-?8|(?:us-)?ascii|iso-8859-\d+|windows-125\d|)$/i.test(charset!),
  );
}
