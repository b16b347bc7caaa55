/**
 * Which version of a service answered: what the configuration says, or what the answer itself says in a header that
 * the configuration names.
 */
import type { HeaderList } from './header-list.ts';
import { ownText } from './kept-headers.ts';

/** A version of the service as the configuration describes it. */
export interface ServiceSettings {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  /** A response header that tells the version better than the configuration can. */
  readonly versionHeader?: string | undefined;
}

const maxVersionLength = 128;

/** What the headers tell, at most 128 characters of it, else what is configured. */
export function versionOf(
  service: ServiceSettings,
  headers: HeaderList | undefined,
): string | undefined {
  return toldVersion(service, headers) ?? service.version;
}

/** What the headers tell, undefined when that is nothing. */
export function toldVersion(
  { versionHeader }: ServiceSettings,
  headers: HeaderList | undefined,
): string | undefined {
  const told = versionHeader && headers?.get(versionHeader.toLowerCase());
  return told ? ownText(told.slice(0, maxVersionLength)) : undefined;
}
