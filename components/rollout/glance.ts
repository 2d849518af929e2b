/** A look from a diff or a preview, which must neither fail nor wait for a cluster that is out of reach. */
import { within } from "../within";
import type { Connection } from "./connect";

/** Milliseconds that a look at the cluster may take. */
const PATIENCE = 8_000;

/** Opens, looks and closes; what fails or takes too long is told as the reason why nothing is known. */
export async function glance<T extends NonNullable<unknown>>(
  open: () => Promise<Connection>,
  look: (connection: Connection) => Promise<T>,
): Promise<T | { unknown: string }> {
  const opening = Promise.resolve().then(open);
  try {
    const seen = await within(PATIENCE, opening.then(look));
    return seen ?? { unknown: `the cluster did not answer within ${PATIENCE / 1000} s` };
  } catch (error) {
    return { unknown: error instanceof Error ? error.message : String(error) };
  } finally {
    opening
      .then(
        (connection) => connection.close(),
        () => undefined,
      )
      .catch(() => undefined);
  }
}
