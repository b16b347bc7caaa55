/**
 * Values that say the same in different words: instants and UUIDs, which are new in each answer, and texts that
 * differ in case or in the white space at their ends. Every check looks at a bounded number of characters or at
 * each one once.
 */
import type { Normalization } from './path-rules.ts';

/** RFC 3339 section 5.6. */
const instant =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ]([01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,12})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
/** RFC 9562 section 4, also as a URN; any version and variant, and so also the nil and the max UUID. */
const uuid = /^(?:urn:uuid:)?[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

const maxFormLength = 64;

/** Whether a normalization holds for a value. */
type Asked = (normalization: Normalization) => boolean;

/** The years 1973 to 2286: whole or fractional seconds, or milliseconds, since 1970. */
const seconds = { least: 1e8, most: 1e10 };
const milliseconds = { least: 1e11, most: 1e13 };

/** Whether a text is an instant as RFC 3339 writes it. */
export function isInstant(text: string): boolean {
  const [, year, month, day] = (text.length <= maxFormLength && instant.exec(text)) || [];
  if (year === undefined) return false;
  // Day 0 of the next month is the last one of this.
  const last = new Date(0);
  last.setUTCFullYear(Number(year), Number(month), 0);
  const [months, days] = [Number(month), Number(day)];
  return months >= 1 && months <= 12 && days >= 1 && days <= last.getUTCDate();
}

/** Whether a number can be the seconds or milliseconds since 1970 of an instant that a service would speak of. */
export function isEpoch(value: number): boolean {
  return (
    (value >= seconds.least && value < seconds.most) ||
    (value >= milliseconds.least && value < milliseconds.most)
  );
}

/** Whether a text is a UUID as RFC 9562 writes it. */
export function isUuid(text: string): boolean {
  return text.length <= maxFormLength && uuid.test(text);
}

/** What of the forms that are asked for a text has. */
export function formOfText(text: string, has: Asked): 'timestamp' | 'uuid' | undefined {
  if (has('timestamp') && isInstant(text)) return 'timestamp';
  return has('uuid') && isUuid(text) ? 'uuid' : undefined;
}

/** A text without the case and the white space that are to be passed over. */
export function plainText(text: string, has: Asked): string {
  const trimmed = has('trim') ? text.trim() : text;
  return has('lowercase') ? trimmed.toLowerCase() : trimmed;
}
