/** Work that is asked for again and again: one run at a time, and once more after it if need be. */
export class OneAtATime {
  #isRunning = false;
  #isAskedAgain = false;

  constructor(private readonly work: () => Promise<unknown>) {}

  ask(): void {
    if (this.#isRunning) this.#isAskedAgain = true;
    else void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    do {
      this.#isAskedAgain = false;
      await this.work().catch(() => undefined);
    } while (this.#isAskedAgain);
    this.#isRunning = false;
  }
}
