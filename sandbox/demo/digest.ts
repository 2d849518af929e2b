/** Milliseconds between two status lines of one kind. */
const EVERY = 5000;

/** Thins out what the CLI prints where it cannot replace lines: a status line several times a second. */
export class Digest {
  private lastKind = "";
  private lastAt = 0;
  private blank = false;

  /** Whether a line is worth showing; `now` in milliseconds. */
  keeps(line: string, now: number): boolean {
    if (/^@ (previewing|updating|destroying)/.test(line)) return false;
    const empty = line.trim() === "";
    if (empty && this.blank) return false;
    this.blank = empty;
    // ` ~  type name updating (12s) [diff: ~image]; Evacuating 1/3 · 9% ...`
    const status = /\b(?:creating|updating|deleting) \(\d+s\)(.*)$/.exec(line)?.[1];
    if (status === undefined) return true;
    // The words before the first figure tell one kind of status from another.
    const kind =
      line.split(/\(\d+s\)/)[0] + (status.replace(/^.*\]; /, "").match(/^[^\d(]*/)?.[0] ?? "");
    if (kind === this.lastKind && now - this.lastAt < EVERY) return false;
    this.lastKind = kind;
    this.lastAt = now;
    return true;
  }
}
