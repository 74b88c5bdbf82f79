/** A network as a tree: blocks, repetitions and boxes of layers, each with a key of its own. */

import type { Call, Data, LayerData, NetworkData, ScopeData } from "./data";

export type Kind = "block" | "repeat" | "copy" | "layers";

/** A part of the tree. */
export class Item {
    readonly parts: Item[] = [];
    /** All layers in it, in the order of the tree; what is shared may stand elsewhere than where it is used. */
    inside: number[] = [];
    /** Unique in the network; for blocks and boxes the path of the module. */
    key = "";
    /** How many blocks are around it, the network itself not counted. */
    depth = 0;
    scope: ScopeData | null = null;
    times = 1;
    /** Of a box: its layers, in their order. */
    layers: number[] = [];
    /** What its layers are, whatever their sizes: blocks that show the same have the same. */
    likeness = "";

    constructor(readonly kind: Kind, readonly around: Item | null) {
        around?.parts.push(this);
    }

    /** A block around a single box, which is shown as that box. */
    get isWrapper(): boolean {
        return this.kind === "block" && this.around !== null
            && this.parts.length === 1 && this.parts[0]!.kind === "layers";
    }

    /** Everything around it, the nearest first. */
    *outwards(): Generator<Item> {
        for (let item = this.around; item; item = item.around) yield item;
    }
}

export class Network {
    readonly items: Item[];
    readonly root: Item;
    readonly paths: string[];
    readonly keys = new Map<string, Item>();
    /** The box of each layer. */
    readonly homes: Item[];
    /** Of each layer, the layers that read it. */
    readonly readers: number[][];
    readonly deepest: number;

    constructor(readonly data: NetworkData, readonly page: Data) {
        const scopes = scopePaths(data.scopes);
        this.paths = data.layers.map((layer) => joined(scopes[layer.scope]!, layer.name));
        this.items = tree(data);
        this.root = this.items[0]!;
        this.homes = new Array<Item>(data.layers.length);
        this.readers = data.layers.map(() => []);
        data.layers.forEach((layer, index) => layer.inputs.forEach(([from]) => this.readers[from]!.push(index)));
        // from the back, so that the inner are known before those around them
        for (const item of [...this.items].reverse()) this.settle(item);
        for (const item of this.items) this.name(item, scopes);
        this.deepest = Math.max(0, ...this.items.filter((item) => item.kind === "block" && !item.isWrapper)
            .map((item) => item.depth));
    }

    layer(index: number): LayerData {
        return this.data.layers[index]!;
    }

    call(index: number): Call {
        return this.page.calls[this.layer(index).call]!;
    }

    /** The layer that a box is about: the one that learns, else the first. */
    main(item: Item): number {
        return item.layers.find((index) => this.call(index).family === "learned") ?? item.layers[0]!;
    }

    /** What a path or a key means: an item, and the layer if it names one. */
    find(path: string): { item: Item; layer: number | null } | null {
        const item = this.keys.get(path);
        if (item) return { item, layer: item.kind === "layers" ? this.main(item) : null };
        const layer = this.paths.indexOf(path);
        return layer < 0 ? null : { item: this.homes[layer]!, layer };
    }

    /** Whether nothing of it is drawn: a layer that changes nothing is only a line. */
    isInvisible(item: Item): boolean {
        if (item.kind === "layers") return item.layers.every((index) => this.call(index).op === "identity");
        return item.parts.every((part) => this.isInvisible(part));
    }

    private settle(item: Item): void {
        item.inside = [...item.layers, ...item.parts.flatMap((part) => part.inside)];
        for (const index of item.layers) this.homes[index] = item;
        const within = [...item.layers.map((index) => this.call(index).op), ...item.parts.map((p) => p.likeness)];
        item.likeness = `${item.scope?.definition ?? ""}(${item.kind === "repeat" ? within[0] : within.join()})`;
    }

    private name(item: Item, scopes: string[]): void {
        const around = item.around?.key ?? "";
        const path = item.scope ? scopes[this.data.scopes.indexOf(item.scope)]!
            : item.kind === "layers" ? this.paths[this.main(item)]!
            : item.kind === "repeat" ? `${around}×${item.inside[0]}`
            : `${around}#${item.around!.parts.indexOf(item)}`;
        for (let use = 1; item.key === ""; use++) {
            const key = use === 1 ? path : `${path} (${use})`;
            if (item.around === null || !this.keys.has(key)) item.key = key || (item.around ? "?" : "/");
        }
        this.keys.set(item.key, item);
        const isLevel = item.kind === "block" && item.around !== null;
        item.depth = item.around ? item.around.depth + (isLevel ? 1 : 0) : 0;
    }
}

function tree(data: NetworkData): Item[] {
    const items: Item[] = [];
    for (const each of data.items) {
        const kind: Kind = each.layers ? "layers" : each.times ? "repeat" : each.copy !== undefined ? "copy" : "block";
        const item = new Item(kind, items[each.around] ?? null);
        if (each.scope !== undefined) item.scope = data.scopes[each.scope]!;
        item.times = each.times ?? 1;
        item.layers = each.layers ?? [];
        items.push(item);
    }
    // the times of a repetition are listed before what is in them: their order is right all the same
    return items;
}

function scopePaths(scopes: ScopeData[]): string[] {
    const paths: string[] = [];
    for (const scope of scopes) paths.push(scope.around < 0 ? "" : joined(paths[scope.around]!, scope.name));
    return paths;
}

function joined(path: string, name: string): string {
    return path ? `${path}.${name}` : name;
}
