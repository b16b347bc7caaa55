/**
 * Writing for people: colours only on a terminal and without NO_COLOR, a progress line that renews itself on a
 * terminal and comes now and then as a plain line elsewhere, so that a log of the run stays readable.
 */

import { styleText } from 'node:util';

/** Where text goes; `process.stdout` is one. */
export type Output = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
};

/** The looks that are used. */
export type Look = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Lines and looks on an output. */
export type Terminal = {
  /** The text in that look, or as it is where colours are unwanted. */
  paint(look: Look, text: string): string;
  line(text?: string): void;
  /** An empty line and the title of what follows. */
  heading(title: string, note?: string): void;
  /** Shows how far it is; the next `line` takes the place of the last one shown on a terminal. */
  progress(text: string): void;
};

const PLAIN_PROGRESS_EVERY_MS = 5000;
const CLEAR_LINE = '\r\u001b[2K';

/** A terminal on the output; `environment` is asked for NO_COLOR (https://no-color.org). */
export function createTerminal(
  output: Output,
  environment: Readonly<NodeJS.ProcessEnv> = process.env,
): Terminal {
  const isTerminal = output.isTTY === true;
  const colours = isTerminal && !environment['NO_COLOR'];
  let progressShown = false;
  let plainProgressAtMs = -Infinity;
  const line = (text = '') => {
    output.write(`${progressShown ? CLEAR_LINE : ''}${text}\n`);
    progressShown = false;
  };
  const paint = (look: Look, text: string) =>
    colours ? styleText(look, text, { validateStream: false }) : text;
  return {
    paint,
    line,
    heading: (title, note = '') => {
      line();
      line(`${paint('bold', title)}${note && `   ${paint('dim', note)}`}`);
    },
    progress: (text) => {
      if (isTerminal) {
        // A line that wraps could not be taken back. Some terminals do not know their width and say 0.
        output.write(CLEAR_LINE + text.slice(0, (output.columns || 80) - 1));
        progressShown = true;
      } else if (performance.now() - plainProgressAtMs >= PLAIN_PROGRESS_EVERY_MS) {
        plainProgressAtMs = performance.now();
        line(text);
      }
    },
  };
}
