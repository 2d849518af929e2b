/** True for a topic name that may be published to. */
export function isTopicName(topic: string): boolean {
  return topic.length > 0 && !/[+#\0]/.test(topic);
}

/** True for a well-formed topic filter. */
export function isTopicFilter(filter: string): boolean {
  if (filter.length === 0 || filter.includes("\0")) return false;
  const levels = filter.split("/");
  return levels.every((level, index) => {
    if (level === "#") return index === levels.length - 1;
    return level === "+" || !/[+#]/.test(level);
  });
}

/** Splits `$share/group/filter`; undefined for other filters. */
export function sharedFilter(filter: string): { group: string; filter: string } | undefined {
  const match = /^\$share\/([^/+#]+)\/(.+)$/s.exec(filter);
  return match ? { group: match[1] ?? "", filter: match[2] ?? "" } : undefined;
}

/** True when `filter` matches `topic`. */
export function topicMatches(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const pattern = filter.split("/");
  const levels = topic.split("/");
  for (let index = 0; index < pattern.length; index += 1) {
    if (pattern[index] === "#") return true;
    if (index >= levels.length) return false;
    if (pattern[index] !== "+" && pattern[index] !== levels[index]) return false;
  }
  return pattern.length === levels.length;
}

interface TrieNode<K, V> {
  children: Map<string, TrieNode<K, V>>;
  filter: string | undefined;
  entries: Map<K, V> | undefined;
}

/** Who is interested in which topic filter: an exact map for plain topics, a trie for wildcards. */
export class TopicTable<K, V> {
  private readonly exact = new Map<string, Map<K, V>>();
  private readonly root: TrieNode<K, V> = newNode();
  private wildcards = 0;

  /** Number of filters. */
  get size(): number {
    return this.exact.size + this.wildcards;
  }

  /** Adds or replaces; true when the filter is new in the table. */
  set(filter: string, key: K, value: V): boolean {
    const entries = this.entries(filter);
    if (entries) {
      entries.set(key, value);
      return false;
    }
    if (!isWildcard(filter)) {
      this.exact.set(filter, new Map([[key, value]]));
      return true;
    }
    let node = this.root;
    for (const level of filter.split("/")) {
      let next = node.children.get(level);
      if (!next) {
        next = newNode();
        node.children.set(level, next);
      }
      node = next;
    }
    node.filter = filter;
    node.entries = new Map([[key, value]]);
    this.wildcards += 1;
    return true;
  }

  /** Removes; true when nobody is left under the filter. */
  delete(filter: string, key: K): boolean {
    const entries = this.entries(filter);
    if (!entries?.delete(key) || entries.size > 0) return false;
    if (!isWildcard(filter)) return this.exact.delete(filter);
    this.prune(this.root, filter.split("/"), 0);
    this.wildcards -= 1;
    return true;
  }

  entries(filter: string): Map<K, V> | undefined {
    if (!isWildcard(filter)) return this.exact.get(filter);
    let node: TrieNode<K, V> | undefined = this.root;
    for (const level of filter.split("/")) node = node?.children.get(level);
    return node?.entries;
  }

  /** Calls `use` for every entry whose filter matches `topic`. */
  match(topic: string, use: (key: K, filter: string, value: V) => void): void {
    this.exact.get(topic)?.forEach((value, key) => use(key, topic, value));
    if (this.wildcards > 0) this.walk(this.root, topic.split("/"), 0, use);
  }

  /** All filters. */
  *filters(): Generator<string> {
    yield* this.exact.keys();
    yield* below(this.root);
  }

  private walk(
    node: TrieNode<K, V>,
    levels: string[],
    at: number,
    use: (key: K, filter: string, value: V) => void,
  ): void {
    const system = at === 0 && (levels[0] ?? "").startsWith("$");
    if (!system) emit(node.children.get("#"), use);
    const level = levels[at];
    if (level === undefined) {
      emit(node, use);
      return;
    }
    const next = node.children.get(level);
    if (next) this.walk(next, levels, at + 1, use);
    const plus = system ? undefined : node.children.get("+");
    if (plus) this.walk(plus, levels, at + 1, use);
  }

  private prune(node: TrieNode<K, V>, levels: string[], at: number): boolean {
    const level = levels[at];
    if (level === undefined) {
      node.entries = undefined;
      node.filter = undefined;
    } else {
      const child = node.children.get(level);
      if (child && this.prune(child, levels, at + 1)) node.children.delete(level);
    }
    return node.children.size === 0 && node.entries === undefined;
  }
}

function newNode<K, V>(): TrieNode<K, V> {
  return { children: new Map(), filter: undefined, entries: undefined };
}

function isWildcard(filter: string): boolean {
  return filter.includes("+") || filter.includes("#");
}

function emit<K, V>(
  node: TrieNode<K, V> | undefined,
  use: (key: K, filter: string, value: V) => void,
): void {
  const filter = node?.filter;
  if (filter !== undefined) node?.entries?.forEach((value, key) => use(key, filter, value));
}

function* below<K, V>(node: TrieNode<K, V>): Generator<string> {
  if (node.filter !== undefined) yield node.filter;
  for (const child of node.children.values()) yield* below(child);
}
