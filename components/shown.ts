/** Characters of a foreign text that a message shows. */
const MAX_SHOWN = 80;

/** Control characters, those that hide or reorder what stands around them, and halves of pairs. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** A foreign text for a message: on one line, not too long, and without characters that cannot be seen. */
export function shown(text: string): string {
  const short = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
  return short.replace(
    INVISIBLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
