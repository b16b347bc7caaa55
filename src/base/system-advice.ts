/** What to do about an error of the operating system, for messages that a person reads. */
import { messageOf, systemCodeOf } from './errors.ts';

const advice = new Map([
  ['EADDRINUSE', 'another process listens there: stop it, or choose another address'],
  [
    'EADDRNOTAVAIL',
    'this machine does not have that address: use one of its own, 127.0.0.1, or 0.0.0.0',
  ],
  ['EACCES', 'this user may not: change the owner or mode, or choose another place'],
  ['EPERM', 'this user may not: change the owner or mode, or choose another place'],
  ['ENOENT', 'there is no such file or folder: check the path'],
  ['ENOTDIR', 'a part of the path is no folder: check the path'],
  ['EISDIR', 'that is a folder: give the path of the file in it'],
  ['ENAMETOOLONG', 'the path is too long: choose a shorter one'],
  ['EINVAL', 'the system does not take it: choose another one'],
  ['ENOTFOUND', 'the name does not resolve: check it, or give an address'],
  ['EAI_AGAIN', 'the name does not resolve now: check it and the name servers, or give an address'],
]);

/** The system's reason with what to do: `EACCES: permission denied …; this user may not: …`. */
export function reasonWithAdvice(error: unknown): string {
  const known = advice.get(systemCodeOf(error) ?? '');
  return known === undefined ? messageOf(error) : `${messageOf(error)}; ${known}`;
}
