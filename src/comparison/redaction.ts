/**
 * What may be shown of two values that differ, on routes that show values at all: nothing under a name that stands
 * for a secret or for personal data, nothing that looks like a credential whatever its name, and at most 256
 * characters of the rest. Names are compared by whole parts, so that `accessToken` is hidden and `tokenizer_count`
 * is not. In doubt a value is hidden: a hidden value costs a look at the logs, a shown one cannot be taken back.
 */

/** Characters of a shown value, the mark of a cut included. */
export const maxShownCharacters = 256;

/** Names, and neighbouring parts of names written together, that hide a value: secrets first, then persons. */
const secretParts = new Set(
  `password passwords passwd pwd pass passphrase secret secrets token credential credentials
  accesstokens refreshtokens idtokens apitokens
  apikey apikeys accesskey privatekey awsaccesskeyid keypairid connectionstring webhookurl dsn
  auth authorization authentication bearer jwt session sid sessionid cookie cookies csrf xsrf
  otp mfa totp pin nonce assertion samlresponse signature sig hmac policy
  card cardnumber pan cvv cvc cvn expiry expmonth expyear iban bic accountnumber routingnumber
  sortcode ssn sin nationalid passport driverlicense taxid dob birthdate email phone mobile msisdn
  address street postcode zip lat lon geo ip firstname lastname fullname surname username login
  health diagnosis`.split(/\s+/),
);

/** `authtoken` and `phpsessid`, where no capital or mark tells the words apart. Plurals are counts: `prompttokens`. */
const secretEnding = /(?:token|secret|password|passwd|session|sessionid|sessid|apikey)$/;

/** Plain words in longer names (`status_code`, `order_state`, `prompt_tokens`), but secrets when they are the name. */
const secretNames = new Set(['code', 'state', 'sign', 'tokens']);

/** Key prefixes of signed URLs, and header families that carry identity. */
const secretPrefixes = [
  'x amz',
  'x amzn oidc',
  'x client cert',
  'x envoy',
  'x forwarded',
  'x goog',
  'x ms client principal',
  'x remote user',
  'x ssl client',
  'x user',
].map((prefix) => prefix.split(' '));

/** Beyond it a name is nobody's field name. */
const maxNameLength = 256;
/** The longest of `secretParts` have three. */
const maxJoinedParts = 3;

/** Whether values under this key or header name are hidden. */
export function isSecretName(name: string): boolean {
  if (name.length > maxNameLength) return true;
  const parts = partsOf(name);
  if (parts.length === 1 && secretNames.has(parts[0]!)) return true;
  if (secretPrefixes.some((prefix) => prefix.every((part, index) => parts[index] === part))) {
    return true;
  }
  if (parts.some((part) => secretEnding.test(part))) return true;
  for (let first = 0; first < parts.length; first++) {
    let joined = '';
    for (const part of parts.slice(first, first + maxJoinedParts)) {
      joined += part;
      if (secretParts.has(joined)) return true;
    }
  }
  return false;
}

/** `userAPIKey`, `user-api-key` and `User_Api_Key` have the same parts. */
function partsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((part) => part !== '');
}

/**
 * Credentials that can be told by their form: JWT, PEM, AWS, GitHub, Slack, Google, Stripe, npm and GitLab. Each
 * alternative begins with fixed characters and has no nested repetition.
 */
const credential =
  /eyJ[\w-]{8}|-----BEGIN |(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_\w|github_pat_|xox[abprs]-|AIza[\w-]{35}|[sr]k_live_|whsec_|npm_[A-Za-z0-9]{16}|glpat-|Bearer /;

/** `text`, cut on a character boundary; undefined when it looks like a credential. */
export function shownText(text: string): string | undefined {
  if (credential.test(text)) return undefined;
  if (text.length <= maxShownCharacters) return text;
  let end = maxShownCharacters - 1;
  // Half of a surrogate pair is no character.
  if (isHighSurrogate(text.charCodeAt(end - 1))) end--;
  return `${text.slice(0, end)}…`;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}
