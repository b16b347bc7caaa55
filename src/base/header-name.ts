/**
 * Header names as the service behind may understand them. CGI makes a variable of each header (RFC 3875 section
 * 4.1.18), and `X-Real-IP` and `x_real_ip` become the same one, `HTTP_X_REAL_IP`: so do FastCGI (PHP-FPM), WSGI and
 * Rack. lighttpd writes `_` for anything that is no letter or digit, PHP also for `.`. Envoy lets all of these
 * through (`headers_with_underscores_action: ALLOW` is its default). Whatever is decided by the name of a header is
 * therefore decided by its folded name, and only the wire has the name itself.
 */

import type { HeaderList } from './header-list.ts';

const foldable = /[^a-z0-9-]/;

/** `name` in lower case with `-` for all that is no letter or digit: of the same length, and the same string if it is so already. */
export function foldedName(name: string): string {
  return foldable.test(name) ? name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-') : name;
}

/** Whether this is another spelling of the name, or the name itself. Costs a comparison of lengths for most names. */
export function foldsTo(name: string, folded: string): boolean {
  return name.length === folded.length && foldedName(name) === folded;
}

/**
 * Says of headers whether one of these (folded) names is there, however it is written: one pass, in which most names
 * cost a look at their length.
 */
export function compileFoldedSearch(names: readonly string[]): (headers: HeaderList) => boolean {
  const wanted = new Set(names);
  // A bit for each length; the shift takes them modulo 32, which at worst costs a look at the name.
  const lengths = names.reduce((bits, name) => bits | (1 << name.length), 0);
  return ({ flat }) => {
    for (let index = 0; index < flat.length; index += 2) {
      const name = flat[index]!;
      if (((lengths >>> name.length) & 1) === 1 && wanted.has(foldedName(name))) return true;
    }
    return false;
  };
}

/** All values of headers of this name, however it is written, in order. */
export function valuesOfFolded({ flat }: HeaderList, folded: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < flat.length; index += 2) {
    if (foldsTo(flat[index]!, folded)) values.push(flat[index + 1]!);
  }
  return values;
}
