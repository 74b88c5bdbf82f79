/** What is open: which blocks show their parts, and which repetitions show every time. */

import type { Item, Network } from "./network";

/** As many boxes as a network opens with, if its structure allows. */
const READABLE = 40;

export class Opening {
    readonly blocks = new Set<Item>();
    readonly repeats = new Set<Item>();

    constructor(readonly network: Network) {}

    isOpen(item: Item): boolean {
        return item.around === null || this.blocks.has(item) || item.isWrapper;
    }

    toggle(item: Item): void {
        const set = item.kind === "repeat" ? this.repeats : this.blocks;
        if (set.delete(item)) return;
        set.add(item);
        if (item.kind === "repeat") this.alike(item);
    }

    /** All blocks that are at most so deep, and no other. */
    toDepth(depth: number): void {
        this.blocks.clear();
        for (const item of this.network.items) {
            if (item.kind === "block" && item.around && item.depth <= depth) this.blocks.add(item);
        }
    }

    /** Every repetition shows every time, or none does. */
    unfold(all: boolean): void {
        this.repeats.clear();
        if (all) this.network.items.forEach((item) => item.kind === "repeat" && this.repeats.add(item));
    }

    all(): void {
        this.toDepth(Infinity);
        this.unfold(true);
    }

    none(): void {
        this.toDepth(0);
        this.unfold(false);
    }

    /** Open what is around an item, so that it can be seen. */
    reveal(item: Item): void {
        let inner: Item = item;
        for (const each of item.outwards()) {
            if (each.kind === "block") this.blocks.add(each);
            if (each.kind === "repeat" && each.parts.indexOf(inner) > 0) this.repeats.add(each);
            inner = each;
        }
    }

    /** As open as can be read at a glance: level by level, then an example of each kind of block. */
    readable(): void {
        this.unfold(false);
        let depth = 0;
        while (depth < this.network.deepest && this.countAt(depth + 1) <= READABLE) depth++;
        this.toDepth(depth);
        const met = new Set<string>();
        for (const item of this.network.items) {
            if (item.kind !== "block" || item.isWrapper || !this.isShown(item) || met.has(item.likeness)) continue;
            met.add(item.likeness);
            if (this.blocks.has(item)) continue;
            this.blocks.add(item);
            if (this.count(this.network.root) > READABLE) this.blocks.delete(item);
        }
    }

    /** How deep every block is open. */
    get depth(): number {
        const closed = this.network.items.filter((item) => item.kind === "block" && !this.isOpen(item) && this.isShown(item));
        return closed.length ? Math.min(...closed.map((item) => item.depth)) - 1 : this.network.deepest;
    }

    /** The keys of what is open, to be remembered. */
    keys(): { blocks: string[]; repeats: string[] } {
        return { blocks: keysOf(this.blocks), repeats: keysOf(this.repeats) };
    }

    /** Open again what was remembered, as far as it is still there. */
    restore(keys: { blocks: string[]; repeats: string[] }): void {
        for (const [set, names] of [[this.blocks, keys.blocks], [this.repeats, keys.repeats]] as const) {
            set.clear();
            for (const name of names) {
                const item = this.network.keys.get(name);
                if (item) set.add(item);
            }
        }
    }

    /** The parts of an item that are shown: of a folded repetition those of its first time. */
    parts(item: Item): Item[] {
        if (item.kind !== "repeat") return item.parts;
        return this.repeats.has(item) ? item.parts.flatMap((copy) => copy.parts) : item.parts[0]!.parts;
    }

    private isShown(item: Item): boolean {
        let inner = item;
        for (const each of item.outwards()) {
            if (each.kind === "block" && !this.isOpen(each)) return false;
            if (each.kind === "repeat" && !this.repeats.has(each) && each.parts[0] !== inner) return false;
            inner = each;
        }
        return true;
    }

    /** How many boxes are seen of an item. */
    private count(item: Item): number {
        if (item.kind === "layers" || (item.kind === "block" && !this.isOpen(item))) return 1;
        return this.parts(item).reduce((sum, part) => sum + this.count(part), 0);
    }

    private countAt(depth: number): number {
        this.toDepth(depth);
        return this.count(this.network.root);
    }

    /** Every time of a repetition becomes as open as the first. */
    private alike(repeat: Item): void {
        const [pattern, ...others] = repeat.parts;
        const pending = others.map((copy): [Item, Item] => [pattern!, copy]);
        for (let pair = pending.pop(); pair; pair = pending.pop()) {
            const [from, to] = pair;
            for (const set of [this.blocks, this.repeats]) {
                if (set.has(from)) set.add(to);
                else set.delete(to);
            }
            from.parts.forEach((part, at) => to.parts[at] && pending.push([part, to.parts[at]!]));
        }
    }
}

function keysOf(items: Set<Item>): string[] {
    return [...items].map((item) => item.key);
}
