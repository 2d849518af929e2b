/** The operator has no field for a licence: its documentation puts `license { key = "..." }` into `config.data`. */
import { canonical } from "../rollout/canonical";
import { readHocon } from "../hocon-tree";
import { scanHocon } from "../hocon";
import { limitProblem } from "../limits";

const VALUE = String.raw`("[^"\n]*"|[^\s"{},]+)`;
const BLOCK = new RegExp(
  String.raw`(^|\n)[^\S\n]*license\s*[=:]?\s*\{\s*key\s*[=:]\s*${VALUE}\s*\}[^\S\n]*,?[^\S\n]*`,
);
const DOTTED = new RegExp(
  String.raw`(^|\n)[^\S\n]*license\.key\s*[=:]\s*${VALUE}[^\S\n]*,?[^\S\n]*`,
);

export interface ConfigWithoutLicense {
  data: string;
  license?: string;
}

/**
 * Moves the key out of the text, so that it is a secret and can be renewed. Only where the rest is
 * proven to mean what it meant; otherwise the text stays, and EMQX reads the key from it.
 */
export function takeLicense(data: string): ConfigWithoutLicense {
  // What is no configuration is judged later; looking into it could take long.
  if (limitProblem({ data })) return { data };
  const license = scanHocon(data).get("license.key");
  const before = readHocon(data);
  if (!license || "problem" in before) return { data };
  for (const pattern of [BLOCK, DOTTED]) {
    const rest = data.replace(pattern, "$1");
    const after = readHocon(rest);
    if (rest === data || "problem" in after) continue;
    const { license: removed, ...others } = before.tree;
    if (removed === undefined || canonical(others) !== canonical({ ...after.tree })) continue;
    return { data: rest.trim() === "" ? "" : rest, license };
  }
  return { data };
}
