/** A function that shows an error message; "" hides the message. */
export type ShowError = (problem: string) => void;

/** Runs an action and reports its error. Returns whether the action succeeded. */
export async function attempt(action: () => Promise<void>, report: ShowError): Promise<boolean> {
  try {
    await action();
    report("");
    return true;
  } catch (e) {
    report(e instanceof Error ? e.message : String(e));
    return false;
  }
}
