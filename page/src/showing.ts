/** What is seen for a state of openness: boxes, frames around them, and the wires in each frame. */

import type { Item, Network } from "./network";
import type { Opening } from "./opening";

/** A box or a frame. Frames have children; the outermost frame is the drawing itself. */
export interface Shown {
    readonly key: string;
    readonly kind: "layers" | "block" | "frame" | "repeat" | "output";
    /** What it stands for; of an output nothing. */
    readonly item: Item | null;
    readonly parent: Shown | null;
    readonly children: Shown[];
    /** How often it stands there, and the repetition that is folded into it. */
    readonly times: number;
    readonly repeat: Item | null;
    /** Of an output: its place among them. */
    readonly output: number;
    readonly training: boolean;
    /** Of frames: the wires in it, and the values that cross its border. */
    readonly wires: Wire[];
    readonly ins: string[];
    readonly outs: string[];
}

/** From box to box within a frame; null means the frame's own border. */
export interface Wire {
    readonly from: Shown | null;
    readonly to: Shown | null;
    /** Which value flows, the same across borders. */
    readonly value: string;
    /** Which of several inputs of its head it is. */
    readonly place: number;
    readonly text: string;
    readonly training: boolean;
}

export interface Flow {
    readonly value: string;
    readonly tail: string;
    readonly head: string;
}

export interface Showing {
    readonly root: Shown;
    /** All of it by key, in the order of the flow. */
    readonly byKey: Map<string, Shown>;
    /** Which value flows from what to what. */
    readonly flows: Flow[];
    /** What a layer is seen as, if it is not only a line. */
    at(layer: number): Shown | null;
}

export function show(network: Network, opening: Opening): Showing {
    const shower = new Shower(network, opening);
    shower.place();
    shower.wire();
    return { root: shower.root, byKey: shower.byKey, flows: shower.flows, at: (layer) => shower.at(layer) };
}

class Shower {
    readonly root: Shown;
    readonly byKey = new Map<string, Shown>();
    readonly flows: Flow[] = [];
    private readonly homes: (Shown | null)[];
    /** For a layer that is not seen because it repeats: the one of the first time. */
    private readonly stands: number[];

    constructor(private readonly network: Network, private readonly opening: Opening) {
        this.homes = network.data.layers.map(() => null);
        this.stands = network.data.layers.map((_, index) => index);
        this.root = this.add("frame", network.root, null);
    }

    at(layer: number): Shown | null {
        return this.homes[this.stood(layer)] ?? null;
    }

    // -- boxes and frames ---------------------------------------------------------------------------

    place(): void {
        for (const part of this.network.root.parts) this.part(part, this.root);
        this.network.data.outputs.forEach((output, index) => {
            this.add("output", null, this.root, { output: index, training: output.training });
        });
    }

    private part(item: Item, parent: Shown, repeat: Item | null = null): void {
        if (this.network.isInvisible(item)) return;
        if (item.isWrapper) return this.part(item.parts[0]!, parent, repeat);
        const times = repeat?.times ?? 1;
        if (item.kind === "repeat") return this.repeated(item, parent);
        if (item.kind === "block" && this.opening.isOpen(item)) {
            const frame = this.add("frame", item, parent, { times, repeat });
            for (const part of item.parts) this.part(part, frame);
            return;
        }
        const box = this.add(item.kind === "layers" ? "layers" : "block", item, parent, { times, repeat });
        for (const index of item.inside) this.homes[index] = box;
    }

    private repeated(item: Item, parent: Shown): void {
        const parts = this.opening.parts(item);
        if (this.opening.repeats.has(item)) {
            const frame = this.add("repeat", item, parent, { repeat: item });
            for (const part of parts) this.part(part, frame);
            return;
        }
        const [pattern, ...others] = item.parts.map((copy) => copy.inside);
        for (const copy of others) copy.forEach((index, at) => (this.stands[index] = pattern![at]!));
        if (parts.length === 1) return this.part(parts[0]!, parent, item);
        const frame = this.add("repeat", item, parent, { times: item.times, repeat: item });
        for (const part of parts) this.part(part, frame);
    }

    private add(kind: Shown["kind"], item: Item | null, parent: Shown | null, more: Partial<Shown> = {}): Shown {
        const key = item ? item.key : `output ${more.output}`;
        const training = item !== null && this.isTraining(item);
        const shown: Shown = {
            key, kind, item, parent, children: [], times: 1, repeat: null, output: -1, training,
            wires: [], ins: [], outs: [], ...more,
        };
        parent?.children.push(shown);
        this.byKey.set(key, shown);
        return shown;
    }

    private isTraining(item: Item): boolean {
        return item.inside.every((index) => this.network.layer(index).training);
    }

    // -- wires --------------------------------------------------------------------------------------

    wire(): void {
        const { layers, outputs } = this.network.data;
        const met = new Set<string>();
        layers.forEach((layer, index) => {
            const head = this.homes[index];
            if (!head || this.stands[index] !== index) return;
            layer.inputs.forEach((input, place) => this.connect(input, head, place, met, !!layer.training));
        });
        outputs.forEach((output, index) => {
            this.connect(output.from, this.byKey.get(`output ${index}`)!, 0, met, output.training);
        });
    }

    private connect(input: [number, number], head: Shown, place: number, met: Set<string>, training: boolean): void {
        const [layer, port] = this.source(input);
        const tail = this.homes[layer];
        if (!tail || tail === head) return;
        const value = `${layer}:${port}`;
        // a merge may read a value twice, and then two lines go there
        const once = head.kind === "layers" ? `${value} ${head.key} ${place}` : `${value} ${head.key}`;
        if (met.has(once)) return;
        met.add(once);
        this.flows.push({ value, tail: tail.key, head: head.key });
        const ups = line(tail), downs = line(head);
        while (ups.at(-2) === downs.at(-2)) {
            ups.pop();
            downs.pop();
        }
        ups.pop(); // the frame that both are in
        const common = downs.pop()!;
        const first = !met.has(value);
        met.add(value);
        const text = first && head.kind !== "output" ? this.news(layer, port, tail) : "";
        this.cross(common, ups, downs, value, place, text, training);
    }

    /** One wire for each frame on the way: out of those around the tail, into those around the head. */
    private cross(
        common: Shown, ups: Shown[], downs: Shown[], value: string, place: number, text: string, training: boolean,
    ): void {
        const wire = (frame: Shown, from: Shown | null, to: Shown | null): void => {
            const last = to === downs[0];
            const twice = frame.wires.some((each) => each.from === from && each.to === to && each.value === value
                && !(last && each.place !== place));
            if (twice) return;
            frame.wires.push({ from, to, value, place: last ? place : 0, text, training });
            text = "";
            if (from === null && !frame.ins.includes(value)) frame.ins.push(value);
            if (to === null && !frame.outs.includes(value)) frame.outs.push(value);
        };
        for (let at = 0; at + 1 < ups.length; at++) wire(ups[at + 1]!, ups[at]!, null);
        wire(common, ups.at(-1)!, downs.at(-1)!);
        for (let at = downs.length - 1; at > 0; at--) wire(downs[at]!, null, downs[at - 1]!);
    }

    /** Where a value comes from: through layers that are only lines, from the time that is seen. */
    private source([layer, port]: [number, number]): [number, number] {
        for (;;) {
            layer = this.stood(layer);
            const inputs = this.network.layer(layer).inputs;
            if (this.homes[layer] || inputs.length === 0) return [layer, port];
            [layer, port] = inputs[0]!;
        }
    }

    private stood(layer: number): number {
        while (this.stands[layer] !== layer) layer = this.stands[layer]!;
        return layer;
    }

    /** The shape of a value, if it is another one than that of what went into its box. */
    private news(layer: number, port: number, tail: Shown): string {
        const shape = this.network.call(layer).outputs[port]!;
        if (this.network.data.inputs.includes(layer)) return "";
        for (let at = layer; ; ) {
            const inputs = this.network.layer(at).inputs;
            if (inputs.length === 0) return shape;
            const [before, which] = this.source(inputs[0]!);
            if (this.homes[before] !== tail || before === at) {
                return this.network.call(before).outputs[which] === shape ? "" : shape;
            }
            at = before;
        }
    }
}

/** What is shown, and the frames around it. */
function line(shown: Shown): Shown[] {
    const found = [shown];
    for (let each = shown.parent; each; each = each.parent) found.push(each);
    return found;
}
