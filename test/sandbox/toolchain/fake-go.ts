import { join } from "node:path";
import { writeScript } from "./temporary-folder";

/**
 * Puts a `go` into `folder` that answers `go env` and whose `install` does what `install` says;
 * the default writes a program for each package into $GOBIN. Each install is a line in `calls`.
 */
export function fakeGo(
  folder: string,
  options: { version?: string; install?: string } = {},
): { path: string; calls: string } {
  const calls = join(folder, "calls");
  const write = `
for package in "$@"; do
  case "$package" in
    go.etcd.io/*) name=server ;;
    */*) name=\${package##*/} ;;
    *) continue ;;
  esac
  case "$package" in *" "*) continue ;; esac
  printf '#!/bin/sh\\necho fake\\n' > "$GOBIN/$name"
done`;
  writeScript(
    join(folder, "go"),
    `if [ "$1" = env ]; then
  printf '%s\\n' ${options.version ?? "go1.26.8"} ${folder}/modules ${folder}/objects
  exit 0
fi
echo "$GOTOOLCHAIN $GOFLAGS $(basename "$PWD") $*" >> ${calls}
${options.install ?? write}`,
  );
  return { path: `${folder}:/usr/bin:/bin`, calls };
}
