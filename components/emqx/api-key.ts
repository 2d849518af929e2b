import { API_KEY_NAME } from "../labels";
import { EmqxError } from "../errors";

/** Our line of a bootstrap file: `key:secret`, or `key:secret:role` since EMQX 5.8. */
export function parseApiKey(file: string, where: string): { key: string; secret: string } {
  for (const line of file.split(/\r?\n/)) {
    const [key, secret] = line.trim().split(":");
    if (key === API_KEY_NAME && secret) return { key, secret };
  }
  throw new EmqxError(
    "EMQX_API_UNAUTHORIZED",
    `Expected a line \`${API_KEY_NAME}:<secret>\` in ${where}, found none. EMQX's API is used with that key; ` +
      "put the line back (every pod must know the same secret) and run `pulumi up` again.",
  );
}
