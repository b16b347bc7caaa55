/**
 * Loaded before twinspan (`node --import`): causes on SIGWINCH what TWINSPAN_CRASH names, which nothing that is known
 * from outside would. The program itself has no such door, and the variable is gone before it reads its own.
 */
import { Ledger, type Entry } from '../../src/exchange/ledger.ts';

const crash = process.env['TWINSPAN_CRASH'];
delete process.env['TWINSPAN_CRASH'];

let last: Entry | undefined;
const { open } = Ledger.prototype;
Ledger.prototype.open = function (this: Ledger): Entry {
  last = open.call(this);
  return last;
};

const crashes: Readonly<Record<string, () => void>> = {
  exception() {
    // As a bug of ours would meet the body of a customer.
    JSON.parse('{"password": hunter2}');
  },
  rejection() {
    void Promise.reject(new TypeError('cannot read "hunter2"'));
  },
  /** An exchange that has ended ends again. */
  invariant: () => last!.close('internal'),
};

process.on('SIGWINCH', () => crashes[crash!]!());
