/** Shows what went wrong, a sentence, or with "" that nothing did any more. */
export type Report = (problem: string) => void;

/** Does something; says what went wrong, if it did. Gives whether it went well. */
export async function attempt(action: () => Promise<void>, report: Report): Promise<boolean> {
  try {
    await action();
    report("");
    return true;
  } catch (e) {
    report(e instanceof Error ? e.message : String(e));
    return false;
  }
}
