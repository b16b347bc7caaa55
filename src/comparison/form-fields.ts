/**
 * `application/x-www-form-urlencoded` as a JSON object of its fields, so that it is compared by field and by the same
 * rules: names and values are texts, a name that occurs again is a key that occurs again.
 */

/** The JSON text, or undefined when a name or value is no UTF-8 in percent encoding. Never throws. */
export function formToJson(body: Buffer): Buffer | undefined {
  const members: string[] = [];
  try {
    for (const field of body.toString('latin1').split('&')) {
      if (field === '') continue;
      const equals = field.indexOf('=');
      const name = equals < 0 ? field : field.slice(0, equals);
      const value = equals < 0 ? '' : field.slice(equals + 1);
      members.push(`${JSON.stringify(decoded(name))}:${JSON.stringify(decoded(value))}`);
    }
  } catch {
    return undefined;
  }
  return Buffer.from(`{${members.join()}}`);
}

/** The URL Standard lets `+` stand for a space; bytes that are not escaped have to be UTF-8 as well. */
function decoded(text: string): string {
  const escaped = text
    .replaceAll('+', ' ')
    .replaceAll(/[\u0080-\u00ff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
  return decodeURIComponent(escaped);
}
