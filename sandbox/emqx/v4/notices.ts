import { existsSync } from "node:fs";
import { containerPath } from "../settings/settings";
import type { V4Config } from "./env";
import { textOf } from "./env";

/** What a booting node has to say about settings that don't keep it from running. */
export function noticesOf(config: V4Config, root: string): string[] {
  const notices: string[] = [];
  const acl = textOf(config, "acl_file");
  if (acl !== undefined && !existsSync(containerPath(root, acl))) {
    notices.push(`Failed to read acl_file ${acl}: enoent, no rule is in force`);
  }
  if (textOf(config, "allow_anonymous") === "false") {
    notices.push("allow_anonymous = false: the sandbox has no authentication, it admits clients");
  }
  return notices;
}
