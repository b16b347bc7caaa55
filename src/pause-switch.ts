/**
 * Whether the shadow gets nothing, beside what the configuration in effect says of it: by the operator, or by a file
 * that was refused and yet says `paused: true`. The switch holds whatever else a file says, so a refused file can stop,
 * and only one that is taken over, or the operator, lets go on.
 */
export class PauseSwitch {
  #byOperator = false;
  #byRefusedFile = false;
  /** Of the last file of which it is known. */
  #fileSays: boolean;

  constructor(fileSays: boolean) {
    this.#fileSays = fileSays;
  }

  get on(): boolean {
    return this.#byOperator || this.#byRefusedFile;
  }

  pause(): void {
    this.#byOperator = true;
  }

  /** Lets go what no file holds any more. */
  resume(): void {
    this.#byOperator = false;
    this.#byRefusedFile &&= this.#fileSays;
  }

  fileAccepted(paused: boolean): void {
    this.#fileSays = paused;
    this.#byRefusedFile = false;
  }

  /** @param paused undefined when the file could not be read far enough to say */
  fileRefused(paused: boolean | undefined): void {
    if (paused === undefined) return;
    this.#fileSays = paused;
    this.#byRefusedFile ||= paused;
  }
}
