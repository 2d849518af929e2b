import { EmqxError } from "../errors";

/** Asks one pod after the other until one does it; failures that `passOver` accepts go on to the next. */
export async function askOneOf(
  pods: string[],
  what: string,
  passOver: (error: EmqxError) => boolean,
  ask: (pod: string) => Promise<void>,
): Promise<void> {
  let failure = new EmqxError(
    "EMQX_API_UNREACHABLE",
    `No node is left that could be asked to ${what}.`,
  );
  for (const pod of pods) {
    try {
      return await ask(pod);
    } catch (error) {
      if (!(error instanceof EmqxError) || !passOver(error)) throw error;
      failure = error;
    }
  }
  throw failure;
}
